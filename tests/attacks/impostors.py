"""What a program says hello with to a wallet, and the ways in which it gets another program to be asked for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

HELLO = '{"jsonrpc":"2.0","id":1,"method":"wallet/1.hello","params":{"versions":[1]}}\\n'
CONNECT = "use IO::Socket::UNIX; $^F = 99; $s = IO::Socket::UNIX->new(Peer => $ENV{ASKED}) or die; "
SPEAK = f"print $s '{HELLO}'".replace("\\n'", '\' . "\\n"; $a = <$s>; syswrite STDOUT, $a;')
_PRELOADED = r"""
int socket(int, int, int); int connect(int, const void *, unsigned); char *getenv(const char *);
char *strcpy(char *, const char *); long read(int, void *, unsigned long); long write(int, const void *, unsigned long);
void _exit(int);
static const char hello[] = HELLO;
__attribute__((constructor)) static void enter(void) {
    struct { unsigned short family; char path[108]; } wallet = { 1, "" };
    static char answer[4096];
    int connected = socket(1, 1, 0);
    strcpy(wallet.path, getenv("ASKED"));
    if (connect(connected, &wallet, sizeof wallet)) _exit(9);
    write(connected, hello, sizeof hello - 1);
    write(1, answer, read(connected, answer, sizeof answer));
    _exit(0);
}
"""


class Greeted(msgspec.Struct):
    client: str
    label: str
    strength: str


class Answer(msgspec.Struct):
    result: Greeted


def preloaded(folder: Path) -> Path:
    """A library that says hello in whatever program the loader brings it into, and ends it."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs package gcc")
    source, library = folder / "enter.c", folder / "enter.so"
    source.write_text(_PRELOADED.replace("HELLO", msgspec.json.encode(HELLO.replace("\\n", "\n")).decode()))
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-nostdlib", "-o", library, source], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return library
