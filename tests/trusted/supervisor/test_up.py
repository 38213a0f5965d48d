"""Bringing a wallet up and down: who may, where it listens, what it says when it cannot, and that nothing is left."""

from __future__ import annotations

import os
import pty
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.processes import kill
from tests.trusted.supervisor.processes import (
    DIALOG,
    ROUTER,
    await_end,
    pid_of,
    processes,
    state,
    successor,
    until,
    words_of,
)

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import find_place
from etui.testkit import TestWallet

NOBODY = 65534
UP = (sys.executable, "-I", "-m", "etui.cli", "up")
AS_ROOT = ("--as-root",) if os.getuid() == 0 else ()
SCRIPTED = ("--test-profile", "--script", "/nowhere")  # somebody can be asked
only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture
def environ(short_dir: Path) -> dict[str, str]:
    """Of somebody who has no wallet yet."""
    (short_dir / "run").mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ETUI_", "XDG_"))}
    return {**kept, "ETUI_HOME": str(short_dir / "home"), "XDG_RUNTIME_DIR": str(short_dir / "run")}


Up = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def up(environ: dict[str, str]) -> Up:
    """Runs ``etui up``, which has to fail."""

    def up(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [*UP, *options],
            env={**environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode != 0
        assert "Traceback" not in ran.stderr
        return ran

    return up


def profile(folder: Path, **files: str) -> Path:
    """A profile's folder with these files."""
    folder.mkdir(mode=0o700)
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    return folder


# who may


@only_root
def test_root_has_no_wallet_unless_told(up: Up, short_dir: Path) -> None:
    ran = up("--test-profile")
    assert ran.returncode == 2
    assert "a wallet belongs to a person; run it as yourself, or with --as-root" in ran.stderr
    assert not (short_dir / "home").exists()


def test_a_scripted_dialog_is_refused_to_a_real_profile(up: Up, short_dir: Path) -> None:
    script = short_dir / "script"
    script.write_text("")
    home = short_dir / "home"
    for there in (False, True):
        if there:
            profile(home, profile='{"format": 1, "id": "a"}')
        ran = up(*AS_ROOT, "--script", str(script))
        assert ran.returncode == 2
        assert "a scripted dialog is for test profiles alone; this profile is a real one" in ran.stderr
        assert home.exists() is there
    ran = up(*AS_ROOT, "--test-profile", "--script", str(script))
    assert ran.returncode == 2, "what is a real profile does not become a test profile"


def test_a_second_wallet_on_the_same_profile_is_refused_and_harms_nothing(wallet: TestWallet) -> None:
    before = processes(wallet)
    ran = wallet.run(*UP, *AS_ROOT, "--test-profile", "--no-doors")
    assert ran.returncode == 1
    assert f"a wallet runs on {wallet.home} already; `etui status` shows it" in ran.stderr
    elsewhere = wallet.folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    linked = wallet.folder / "linked"
    linked.symlink_to(wallet.home)
    wallet.environ |= {"XDG_RUNTIME_DIR": str(elsewhere), "ETUI_HOME": str(linked)}
    assert wallet.run(*UP, *AS_ROOT, "--test-profile", "--no-doors").returncode == 1
    wallet.environ |= {"XDG_RUNTIME_DIR": str(wallet.folder / "run"), "ETUI_HOME": str(wallet.home)}
    assert processes(wallet) == before
    assert state(wallet) == "unlocked"


def test_a_wallet_of_another_home_does_not_take_the_socket_of_one_that_runs(
    environ: dict[str, str], short_dir: Path
) -> None:
    environ = {name: value for name, value in environ.items() if name != "ETUI_HOME"}
    homes = {name: {**environ, "HOME": str(short_dir / name)} for name in ("ada", "bob")}
    path = find_place(homes["ada"], os.getuid()).socket
    assert path == find_place(homes["bob"], os.getuid()).socket
    command = [*UP, *AS_ROOT, *SCRIPTED, "--no-doors"]
    first = subprocess.Popen(command, env=homes["ada"], stdin=subprocess.DEVNULL)
    try:
        until(lambda: _listens(path), "the first wallet listens")
        lock = path.with_suffix(".lock")
        for removed in (False, True):
            if removed:
                lock.unlink()
            ran = subprocess.run(
                command,
                env=homes["bob"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ran.returncode == 1
            assert f"a wallet runs at {path} already; `etui status` shows it" in ran.stderr
            assert "set ETUI_HOME or XDG_RUNTIME_DIR" in ran.stderr
            assert _listens(path)
    finally:
        first.terminate()
        assert first.wait(60) == 0
    assert not path.exists()


def test_a_wallet_that_ends_leaves_a_socket_that_is_not_its_own(wallet: TestWallet) -> None:
    wallet.socket.unlink()
    wallet.socket.write_text("another's")
    wallet.end()
    assert wallet.socket.read_text() == "another's"


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as looking:
        return looking.connect_ex(str(path)) == 0


# what is in the way


def test_a_folder_that_cannot_be_made_is_named(up: Up, short_dir: Path) -> None:
    (short_dir / "file").write_text("")
    home = short_dir / "file" / "home"
    ran = up(*AS_ROOT, ETUI_HOME=str(home))
    assert ran.returncode == 1
    assert f"the profile {home} cannot be used: Not a directory; ETUI_HOME names another folder" in ran.stderr


@only_root
def test_a_folder_that_is_another_users_is_refused(up: Up, short_dir: Path) -> None:
    home = profile(short_dir / "home")
    os.chown(home, NOBODY, NOBODY)
    ran = up(*AS_ROOT)
    assert ran.returncode == 1
    assert f"{home} belongs to another user (uid {NOBODY})" in ran.stderr


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_that_is_open_to_others_is_refused_with_the_cure(mode: int, up: Up, short_dir: Path) -> None:
    home = profile(short_dir / "home")
    home.chmod(mode)
    ran = up(*AS_ROOT)
    assert ran.returncode == 1
    assert f"{home} is open to other users; run: chmod 700 {home}" in ran.stderr


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"profile": "no JSON"}, "profile.json is not a profile's header"),
        ({"profile": '{"format": 1, "id": "a", "more": 1}'}, "profile.json is not a profile's header"),
        ({"profile": '{"format": 1, "id": "a", "test": {"hosts": {"a.etui.test": 0}}}'}, "Expected `int` >= 1"),
        ({"profile": '{"format": 2, "new": 1}'}, "profile.json cannot be used: it was written by a newer version"),
        ({"settings": "no JSON"}, "settings.json is not readable as settings"),
        ({"settings": '{"format": 2, "new": 1}'}, "settings.json cannot be used: it was written by a newer version"),
    ],
)
def test_a_damaged_or_newer_file_is_named_and_left_as_it_is(
    files: dict[str, str], said: str, up: Up, short_dir: Path
) -> None:
    home = profile(short_dir / "home", **files)
    ran = up(*AS_ROOT)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert {name: (home / f"{name}.json").read_text() for name in files} == files


@pytest.mark.attack(60)
def test_a_runtime_folder_that_is_open_to_others_is_refused(up: Up, short_dir: Path) -> None:
    runtime = short_dir / "run" / "etui"
    runtime.mkdir()
    runtime.chmod(0o755)
    ran = up(*AS_ROOT, *SCRIPTED)
    assert ran.returncode == 1
    assert f"{runtime} is not a private directory of yours; remove it or set XDG_RUNTIME_DIR" in ran.stderr


@pytest.mark.attack(60)
def test_a_runtime_folder_that_leads_elsewhere_is_refused(up: Up, short_dir: Path) -> None:
    (short_dir / "trap").mkdir(mode=0o700)
    (short_dir / "run" / "etui").symlink_to(short_dir / "trap")
    ran = up(*AS_ROOT, *SCRIPTED)
    assert ran.returncode == 1
    assert "is not a private directory of yours" in ran.stderr


def test_a_runtime_folder_that_cannot_be_made_is_named(up: Up, short_dir: Path) -> None:
    (short_dir / "file").write_text("")
    ran = up(*AS_ROOT, *SCRIPTED, XDG_RUNTIME_DIR=str(short_dir / "file"))
    assert ran.returncode == 1
    assert f"no socket can be made in {short_dir}/file/etui" in ran.stderr
    assert "XDG_RUNTIME_DIR names another folder" in ran.stderr


def test_a_path_too_long_for_a_socket_is_said(up: Up, short_dir: Path) -> None:
    ran = up(*AS_ROOT, XDG_RUNTIME_DIR=str(short_dir / ("x" * 100)))
    assert ran.returncode == 2
    assert "is too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter one" in ran.stderr


def test_the_variable_for_clients_moves_no_wallet_and_removes_no_file(up: Up, short_dir: Path) -> None:
    precious = short_dir / "precious"
    precious.write_text("kept")
    ran = up(*AS_ROOT, ETUI_SOCKET=str(precious))
    assert ran.returncode == 2
    assert "ETUI_SOCKET is for Clients" in ran.stderr
    assert precious.read_text() == "kept"


def test_where_extensions_cannot_be_confined_nothing_is_started(environ: dict[str, str], bwrap: Path) -> None:
    within = [str(bwrap), "--dev-bind", "/", "/", "--unshare-user", "--disable-userns"]
    ran = subprocess.run(
        [*within, *UP, "--as-root"], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 4, ran.stderr
    assert "Extensions cannot be confined here, so none is started: No Extension can be confined:" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not Path(environ["ETUI_HOME"]).exists()


@pytest.fixture
def bwrap() -> Path:
    from etui.trusted.sandbox import Possible, probe  # noqa: PLC0415  # for this test alone

    possible = probe()
    assert isinstance(possible, Possible)
    return possible.bubblewrap


def test_a_door_that_there_is_not_is_named_and_the_wallet_comes_up(short_dir: Path) -> None:
    with TestWallet(short_dir, doors=["backdoor"]) as wallet:
        assert state(wallet) == "none"
        assert "there is no door 'backdoor'" in wallet.log.read_text()


def test_damaged_settings_are_said_to_who_switches_a_door(wallet: TestWallet) -> None:
    wallet.user.approves()
    (wallet.home / "settings.json").write_text("no JSON")
    ran = wallet.etui("door", "disable", "secret-service")
    assert ran.returncode != 0
    assert "settings.json is not readable as settings" in ran.stderr


# where it listens


def test_the_supervisor_holds_nothing_of_the_commands_beside_it(wallet: TestWallet) -> None:
    assert "/dbus_fast/" not in Path(f"/proc/{wallet.pid}/maps").read_text(encoding="utf-8")


def test_the_socket_is_where_the_protocol_says_and_open_to_its_user_alone(wallet: TestWallet) -> None:
    place = find_place(wallet.environ, os.getuid())
    found = place.socket.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    for folder in (place.runtime, place.runtime.parent, wallet.home):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    open_to_others = [path for path in wallet.home.rglob("*") if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert open_to_others == []


@only_root
@pytest.mark.attack(60)
def test_another_user_does_not_get_to_the_socket_however_open_its_folders(wallet: TestWallet) -> None:
    for folder in (wallet.folder, *wallet.socket.parents):
        if folder.is_relative_to(wallet.folder):
            folder.chmod(0o755)
    connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    python = next(path for path in (Path("/usr/bin/python3"), Path(sys.executable).resolve()) if path.exists())
    ran = subprocess.run(
        [str(python), "-I", "-c", connect, str(wallet.socket)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=(),
        env={},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PermissionError" in ran.stderr


def test_a_socket_that_was_left_by_a_killed_wallet_is_taken_over(wallet: TestWallet) -> None:
    wallet.kill()
    assert wallet.socket.exists()
    wallet.start()
    assert state(wallet) == "locked"


def test_a_test_profile_says_so_in_whatever_face_its_dialog_has(short_dir: Path, environ: dict[str, str]) -> None:
    master, slave = pty.openpty()
    command = ["setsid", "--ctty", *UP, *AS_ROOT, "--test-profile", "--dialog", "terminal"]
    process = subprocess.Popen(command, env=environ, stdin=slave)
    os.close(slave)
    wallet = TestWallet(short_dir)
    wallet._process = process
    try:
        assert "--test-profile" in words_of(pid_of(wallet, DIALOG))
    finally:
        wallet.end()
        os.close(master)


@only_root  # the dialog's memory and environment are closed to others
def test_the_token_with_which_the_wallet_was_launched_is_for_the_first_dialog(short_dir: Path) -> None:
    with TestWallet(short_dir, environ={"XDG_ACTIVATION_TOKEN": "launched"}) as wallet:
        first = pid_of(wallet, DIALOG)
        assert b"XDG_ACTIVATION_TOKEN=launched" in Path(f"/proc/{first}/environ").read_bytes()
        kill(first)
        second = successor(wallet, DIALOG, first)
        assert b"XDG_ACTIVATION_TOKEN" not in Path(f"/proc/{second}/environ").read_bytes()


# how it ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(number: signal.Signals, open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    _ends(open_wallet, lambda supervisor: os.kill(supervisor, number))
    await_end(before.values())
    assert not open_wallet.socket.exists()
    open_wallet.start()
    open_wallet.unlock()
    with open_wallet.connect() as client:
        assert client.call(wallet_interface.Verify()).ok


def test_stop_ends_everything(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    _ends(open_wallet, lambda _: open_wallet.etui("stop"))
    await_end(before.values())
    assert not open_wallet.socket.exists()


def test_a_router_that_does_not_end_is_ended(open_wallet: TestWallet) -> None:
    before = processes(open_wallet)
    os.kill(before[ROUTER], signal.SIGSTOP)
    _ends(open_wallet, lambda supervisor: os.kill(supervisor, signal.SIGTERM))
    await_end(before.values())


def _ends(wallet: TestWallet, end: Callable[[int], object]) -> None:
    process = wallet._process
    assert process is not None
    end(process.pid)
    until(lambda: process.poll() is not None, "the supervisor ended")
    assert process.returncode == 0
    wallet._process = None
