"""What is looked up in this process: folders, sockets, umask, locale, clock, code, packages, browsers."""

from __future__ import annotations

import locale
import os
import socket
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import starmap
from pathlib import Path

import msgspec
import pytest
from tests.cli.doctor.machines import machine, running

import etui
from etui.cli.doctor import installation, kernel, session, storage, surroundings
from etui.cli.doctor.findings import Check, State
from etui.cli.doctor.gathering import missing_packages
from etui.cli.doctor.told import Told
from etui.doors.browser.manifests import BROWSERS, HOST, files
from etui.protocol import find_place

CODE = Path(etui.__file__).parent


@pytest.fixture
def own_locale() -> Iterator[None]:
    before = locale.setlocale(locale.LC_ALL)
    yield
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.parametrize("check", [kernel.kernel, kernel.pidfd, kernel.landlock, surroundings.entropy])
def test_this_kernel_is_asked_and_answers(check: Check) -> None:
    finding = check(machine(Path("/")))
    assert finding.state in {State.HOLDS, State.LIMITS}
    assert os.uname().release in kernel.kernel(machine(Path("/"))).found


@pytest.mark.parametrize("check", [storage.profile, storage.runtime])
@pytest.mark.parametrize(
    ("mode", "state", "says"),
    [(0o700, State.HOLDS, ""), (0o755, State.STOPS, "is open to other users"), (0o770, State.STOPS, "is open")],
)
def test_a_folder_of_the_wallet_is_its_users_alone(
    check: Check, mode: int, state: State, says: str, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    folder.chmod(mode)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    finding = check(machine(tmp_path, wallet=folder, runtime=folder, environ=environ))
    assert finding.state is state
    assert says in finding.found
    assert finding.cure == (f"`chmod 700 {folder}`" if state is State.STOPS else "")


@pytest.mark.parametrize("check", [storage.profile, storage.runtime])
def test_a_folder_of_another_user_and_a_file_in_its_place_stop_the_wallet(check: Check, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "file").touch(mode=0o700)
    for name, uid, says in (("own", os.getuid() + 1, "another user"), ("file", os.getuid(), "no folder")):
        place = tmp_path / name
        finding = check(machine(tmp_path, wallet=place, runtime=place, uid=uid))
        assert (finding.state, says in finding.found) == (State.STOPS, True)


def test_a_profile_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    assert storage.profile(machine(tmp_path)).state is State.HOLDS
    assert storage.space(machine(tmp_path)).found.endswith("MiB are free for the profile.")


def test_without_a_runtime_folder_of_the_session_that_is_told(tmp_path: Path) -> None:
    finding = storage.runtime(machine(tmp_path))
    assert finding.state is State.LIMITS
    assert finding.found.startswith("XDG_RUNTIME_DIR is not set")


def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too long") as raised:
        find_place({"XDG_RUNTIME_DIR": f"/{'x' * 200}"}, 1000)
    finding = storage.runtime(machine(tmp_path, misplaced=str(raised.value)))
    assert (finding.state, "too long for a Unix socket" in finding.found) == (State.STOPS, True)
    assert installation.browsers(machine(tmp_path, misplaced=str(raised.value))).state is State.UNSEEN


@pytest.mark.parametrize(
    ("mask", "state"), [(0o077, State.HOLDS), (0o022, State.HOLDS), (0o002, State.LIMITS), (0o777, State.WEAKENS)]
)
def test_the_umask(mask: int, state: State) -> None:
    before = os.umask(mask)
    try:
        finding = surroundings.umask(machine(Path("/")))
    finally:
        os.umask(before)
    assert finding.state is state
    assert f"{mask:04o}" in finding.found


@pytest.mark.usefixtures("own_locale")
@pytest.mark.parametrize(
    ("named", "state", "says"),
    [
        ("C.UTF-8", State.HOLDS, "UTF-8"),
        ("C", State.LIMITS, "not UTF-8"),
        ("tr_TR.of-no-machine", State.LIMITS, "not installed"),
    ],
)
def test_the_locale(named: str, state: State, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", named)
    finding = surroundings.language(machine(tmp_path))
    assert finding.state is state
    assert says in finding.found


def test_a_clock_before_the_code_is_wrong(tmp_path: Path) -> None:
    code = tmp_path / "code"
    for name in ("__init__.py", "cli/doctor/__init__.py"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).touch()
        os.utime(code / name, times=(time.time() + 10 * 86400,) * 2)
    assert surroundings.clock(machine(tmp_path, code=code)).state is State.STOPS
    assert surroundings.clock(machine(tmp_path, code=CODE)).state is not State.STOPS


def test_the_kernel_is_asked_whether_its_clock_is_kept_right(tmp_path: Path) -> None:
    status = surroundings.clock_status()
    state = State.UNSEEN if status is None else State.WEAKENS if status & 0x40 else State.HOLDS
    assert surroundings.clock(machine(tmp_path, code=CODE)).state is state


def test_an_agent_is_the_wallets_or_another_or_dead(short_dir: Path) -> None:
    place = short_dir / "ssh-agent"

    def finding(path: Path, runtime: Path) -> tuple[State, str]:
        found = session.agent(machine(short_dir, environ={"SSH_AUTH_SOCK": str(path)}, runtime=runtime))
        return found.state, found.found

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        assert finding(place, short_dir) == (State.HOLDS, "ssh and git find the wallet's agent (SSH_AUTH_SOCK).")
        assert finding(place, short_dir / "p-1") == (State.LIMITS, f"SSH_AUTH_SOCK is another agent's, {place}.")
    for dead in (place, short_dir, short_dir / "gone"):
        assert finding(dead, short_dir) == (State.WEAKENS, f"Nobody answers at SSH_AUTH_SOCK, {dead}.")
    assert session.agent(machine(short_dir)).state is State.LIMITS


def test_python_packages_are_compared_with_the_versions_that_were_tested(tmp_path: Path) -> None:
    pins = tmp_path / "requirements/run.txt"
    pins.parent.mkdir()
    there = f"msgspec=={version('msgspec')} \\\n    --hash=sha256:00\n"
    here = machine(tmp_path, code=tmp_path / "src/etui")
    assert installation.wheels(here).found.startswith("No list of versions")
    for text, state, says in (
        (there + "tzdata==1 ; sys_platform == 'win32' \\\n", State.HOLDS, "The 1 Python packages"),
        (there + "dbus-fast==0.1 \\\n", State.WEAKENS, f"dbus-fast {version('dbus-fast')} (0.1)"),
        (there + "no-such-package==1 \\\n", State.STOPS, "no-such-package"),
    ):
        pins.write_text(text)
        finding = installation.wheels(here)
        assert (finding.state, says in finding.found) == (state, True), finding
    assert installation.wheels(machine(tmp_path, code=CODE)).state is State.HOLDS


def test_this_python_and_architecture_will_do() -> None:
    assert ".".join(map(str, sys.version_info[:2])) in installation.python(machine(Path("/"))).found


def test_the_c_library_that_packages_are_built_for() -> None:
    assert all(starmap(installation.fits, [("glibc", "2.36", "x86_64"), ("glibc", "2.41", "aarch64")]))
    others = [("glibc", "2.31", "x86_64"), ("glibc", "2.36", "aarch64"), ("", "", "x86_64")]
    assert not any(starmap(installation.fits, others))


def test_debian_packages_are_those_that_run_would_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_packages(tmp_path) is None
    (tmp_path / "status").write_text("Package: xclip\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n")
    (tmp_path / "info").mkdir()
    (tmp_path / "updates").mkdir()
    monkeypatch.setenv("DPKG_ADMINDIR", str(tmp_path))
    missing = missing_packages(CODE.parent.parent)
    assert isinstance(missing, tuple), missing
    names = [line.split()[0] for line in missing]
    assert "libegl1" in names
    assert "xclip" not in names


def test_code_that_others_can_change_is_told(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir(mode=0o755)
    assert installation.installed(machine(tmp_path, code=code)).state is State.HOLDS
    assert installation.installed(machine(tmp_path, code=code, told=Told(wallet=running()))).state is State.LIMITS
    code.chmod(0o775)
    finding = installation.installed(machine(tmp_path, code=code))
    assert (finding.state, finding.cure) == (State.WEAKENS, f"`chmod go-w {code}`")
    code.chmod(0o755)
    uid = os.getuid()
    if uid == 0:  # what is root's, root alone can change, and no other user's is root's
        os.chown(code, 1000, -1)
    assert installation.installed(machine(tmp_path, code=code, uid=uid and uid + 1)).state is State.WEAKENS


def test_a_browser_finds_the_wallet_or_not_or_another_one(tmp_path: Path) -> None:
    here = machine(tmp_path, home=tmp_path)
    assert installation.browsers(here).found == "No browser was ever started by this user."
    firefox = next(browser for browser in BROWSERS if browser.name == "firefox")
    (tmp_path / firefox.settings).mkdir()
    finding = installation.browsers(here)
    assert (finding.state, finding.cure) == (State.LIMITS, "`etui browser install firefox`")
    for path, text in files(firefox, tmp_path, sys.executable, {}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert installation.browsers(here).state is State.HOLDS
    manifest = tmp_path / firefox.settings / firefox.hosts / f"{HOST}.json"
    manifest.write_bytes(msgspec.json.encode({"path": "/tmp/other"}))
    finding = installation.browsers(here)
    assert (finding.state, finding.cure) == (State.WEAKENS, "`etui browser install firefox`")
