"""What a program of the user leaves in the environment and in folders, and that none of it enters the wallet."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.processes import descendants

from etui.interfaces import secret_1 as secret
from etui.testkit import PrivateBus, TestWallet
from etui.trusted.dialog.display import Display, answers

SHADOWED = ("etui", "msgspec", "uvloop", "asyncio", "argparse", "cryptography", "PySide6", "dbus_fast", "cedarpy")
SITES = ("sitecustomize", "usercustomize", "startup")

_ENTERS = """
int open(const char *, int, ...); long read(int, void *, unsigned long); long write(int, const void *, unsigned long);
__attribute__((constructor)) static void enter(void) {
    static char words[4096];
    long length = read(open("/proc/self/cmdline", 0), words, sizeof words - 1);
    for (long place = 0; place < length; place++) if (!words[place]) words[place] = ' ';
    words[length] = 10;
    write(open(TRACE, 1 | 64 | 1024, 0666), words, length + 1);
}
"""


@pytest.fixture
def lair(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of each name that matters, each of which leaves a trace where it is imported."""
    folder = short_dir / "lair"
    folder.mkdir()
    trace = f"open({str(folder / 'entered')!r}, 'a').write(__name__ + '\\n')\n"
    for name in (*SHADOWED, *SITES):
        (folder / f"{name}.py").write_text(trace, encoding="utf-8")
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (site / "enter.pth").write_text(f"import sys; {trace}", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def hostile(folder: Path) -> dict[str, str]:
    """What loaders, Python and Qt listen to."""
    where = str(folder)
    return {
        "GCONV_PATH": where,
        "GLIBC_TUNABLES": "glibc.malloc.check=3",
        "LD_BIND_NOW": "1",
        "LD_LIBRARY_PATH": where,
        "OPENSSL_CONF": f"{where}/openssl.cnf",
        "OPENSSL_MODULES": where,
        "PYTHONBREAKPOINT": "sitecustomize.enter",
        "PYTHONINSPECT": "1",
        "PYTHONPATH": where,
        "PYTHONSTARTUP": f"{where}/startup.py",
        "PYTHONUSERBASE": where,
        "QT_LOGGING_RULES": "*=true",
        "QT_PLUGIN_PATH": where,
        "QT_QPA_PLATFORMTHEME": "hostile",
        "QT_QPA_PLATFORM_PLUGIN_PATH": where,
        "SSL_CERT_FILE": f"{where}/roots.pem",
        "SSLKEYLOGFILE": f"{where}/keys",
        "XDG_DATA_DIRS": where,
    }


def given_names(supervisor: int, pid: int) -> set[str]:
    """The names in the environment of a process, once it is no copy of the supervisor; none if it has ended."""
    deadline = time.monotonic() + 60
    try:
        while command_of(pid) == command_of(supervisor):
            assert time.monotonic() < deadline, "it stays a copy of the supervisor"
            time.sleep(0.01)
        given = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except FileNotFoundError:
        return set()
    return {entry.partition(b"=")[0].decode() for entry in given if entry}


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def entered(folder: Path) -> list[str]:
    trace = folder / "entered"
    return trace.read_text(encoding="utf-8").split() if trace.exists() else []


@pytest.mark.attack(64)
def test_nothing_in_the_environment_and_the_folder_enters_a_process_of_the_wallet(
    lair: Path, session_bus: PrivateBus
) -> None:
    folder = lair.parent / "w"
    folder.mkdir(mode=0o700)
    environ = {**hostile(lair), "DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with TestWallet(folder, doors=["secret-service"], environ=environ) as wallet:
        wallet.create()
        assert "Mail" in wallet.etui("add", "Mail", "--generate").stdout
        assert wallet.etui("find").returncode == 0
        wallet.lock()
        wallet.unlock()
        running = descendants(wallet.pid)
        assert len(running) > 3
        for pid in running:
            names = given_names(wallet.pid, pid)
            assert not names & hostile(lair).keys(), command_of(pid)
    assert entered(lair) == []


@pytest.mark.attack(64)
def test_a_library_that_the_loader_brings_enters_what_is_typed_and_none_of_the_processes_that_have_keys(
    short_dir: Path,
) -> None:
    """The loader obeys before ``etui up`` has its first word: this much is outside of what is promised per user."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs package gcc")
    source, library, trace = (short_dir / f"enter.{end}" for end in ("c", "so", "trace"))
    source.write_text(f'#define TRACE "{trace}"\n{_ENTERS}', encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", "-nostdlib", "-o", library, source], check=True)
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, environ={"LD_PRELOAD": str(library)}) as wallet:
        wallet.create()
        with wallet.connect() as client:
            client.call(secret.Create(kind="note", label="Mail", value=b"kept"))
        running = {command_of(pid).replace(b"\0", b" ").decode() for pid in descendants(wallet.pid)}
        supervisor = command_of(wallet.pid).replace(b"\0", b" ").decode()
        lines = set(trace.read_text(encoding="utf-8").splitlines())
    assert supervisor in lines
    assert len(running) > 3
    assert not running & lines


@pytest.mark.attack(64)
def test_the_look_for_a_display_imports_nothing_from_the_folder_where_etui_was_called(
    lair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(lair))
    assert answers(Display(kind="offscreen", sentence="", platform="offscreen"))
    assert entered(lair) == []


@pytest.mark.attack(71)
def test_no_process_of_the_wallet_looks_for_a_program_where_any_program_can_put_one(
    lair: Path, session_bus: PrivateBus
) -> None:
    shadows = lair / "bin"
    shadows.mkdir()
    names = {path.name for folder in ("/bin", "/usr/bin") for path in Path(folder).iterdir()} | {"etui", "bwrap"}
    for name in names:
        (shadows / name).symlink_to(shadows / "shadow of all")
    (shadows / "shadow of all").write_text(f'#!/bin/sh\necho "$0" >>{lair}/entered\n', encoding="utf-8")
    (shadows / "shadow of all").chmod(0o755)
    folder = lair.parent / "w"
    folder.mkdir(mode=0o700)
    environ = {"PATH": str(shadows), "DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with TestWallet(folder, doors=["secret-service"], environ=environ) as wallet:
        wallet.create()
        with wallet.connect() as client:
            client.call(secret.Create(kind="note", label="Mail", value=b"kept"))
        wallet.lock()
        wallet.unlock()
        assert entered(lair) == []
        # What is typed is another matter: it goes to whatever the shell finds first.
        wallet.run("/bin/sh", "-c", "etui add Mail")
    assert [Path(name).name for name in entered(lair)] == ["etui"]
