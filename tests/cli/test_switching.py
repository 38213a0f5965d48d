"""``etui door enable secret-service`` in a session that starts gnome-keyring, and back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, told, wait_until
from tests.cli.test_overrides import snapshot

from etui.cli.bus import SECRETS, serving
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet, private_bus

_PING = ["dbus-send", "--print-reply", f"--dest={SECRETS}", "/", "org.freedesktop.DBus.Peer.Ping"]
_UNIT = """\
[Service]
Type=simple
ExecStart=/usr/bin/gnome-keyring-daemon --foreground --components="pkcs11,secrets" --control-directory=%t/keyring
Restart=on-failure
"""


class Session(msgspec.Struct, frozen=True):
    """A desktop session of a test's own, in which gnome-keyring is started as Debian's are."""

    folder: Path
    wallet: TestWallet
    daemon: str

    @property
    def home(self) -> Path:
        return self.folder / "h"

    def files(self) -> dict[str, object]:
        """The person's own files but the wallet's and gnome-keyring's."""
        ours = ("data/etui", "data/keyrings")
        return {name: state for name, state in snapshot(self.home).items() if not name.startswith(ours)}


@pytest.fixture
def session(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    daemon = shutil.which("gnome-keyring-daemon")
    if daemon is None or shutil.which("dbus-daemon") is None:
        pytest.skip("needs package gnome-keyring")
    home, system, folder = short_dir / "h", short_dir / "s", short_dir / "w"
    services, own = system / "dbus-1/services", home / "data/dbus-1/services"
    for made in (home, folder, home / "data", home / "config/autostart", services, own, system / "systemd/user"):
        made.mkdir(mode=0o700, parents=True)
    (system / "autostart").mkdir()
    (system / "autostart/gnome-keyring-secrets.desktop").write_text("[Desktop Entry]\nType=Application\nExec=x\n")
    (system / "systemd/user/gnome-keyring-daemon.service").write_text(_UNIT)
    start = f"{daemon} --start --foreground --components=secrets"
    (services / f"{SECRETS}.service").write_text(f"[D-BUS Service]\nName={SECRETS}\nExec={start}\n")
    (own / "other.service").write_text("[D-BUS Service]\nName=org.example.Other\nExec=/bin/true\n")
    environ = {
        "HOME": home,
        "XDG_DATA_HOME": home / "data",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_CONFIG_DIRS": system,
        "XDG_DATA_DIRS": system,
        "XDG_RUNTIME_DIR": folder / "run",
        "ETUI_HOME": home / "data/etui",
    }
    (folder / "run").mkdir(mode=0o700)
    for name, value in environ.items():
        monkeypatch.setenv(name, str(value))
    with private_bus(short_dir, services=(own, services)) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with TestWallet(folder, environ={"ETUI_HOME": str(environ["ETUI_HOME"])}) as wallet:
            wallet.create()
            wallet.user.approves()
            yield Session(short_dir, wallet, str(Path(daemon).resolve()))
            holder = serving(SECRETS)
            if holder is not None and holder.program == str(Path(daemon).resolve()):
                os.kill(holder.pid, signal.SIGTERM)


def holder_is(program: str) -> bool:
    holder = serving(SECRETS)
    return holder is not None and holder.program == program


def test_enabling_switches_and_disabling_leaves_the_home_as_it_was_byte_for_byte(session: Session) -> None:
    subprocess.run(_PING, check=True, capture_output=True)
    assert holder_is(session.daemon)
    before = session.files()

    enabled = told(session.wallet, "door", "enable", "secret-service")
    data, config = session.home / "data", session.home / "config"
    service = data / f"dbus-1/services/{SECRETS}.service"
    autostart = config / "autostart/gnome-keyring-secrets.desktop"
    unit = config / "systemd/user/gnome-keyring-daemon.service.d/etui-secret-service.conf"
    assert enabled["files"] == [str(service), str(autostart), str(unit)]
    assert not holder_is(session.daemon)
    assert f"Exec={sys.executable} -I -m etui.cli up" in service.read_text()
    assert "Hidden=true" in autostart.read_text()
    start = '\nExecStart=\nExecStart=/usr/bin/gnome-keyring-daemon --foreground --components="pkcs11" --control'
    assert start in unit.read_text()
    assert told(session.wallet, "door", "enable", "secret-service")["files"] == enabled["files"]

    closed = told(session.wallet, "door", "disable", "secret-service")
    assert closed["files"] == enabled["files"]
    assert session.files() == before
    subprocess.run(_PING, check=True, capture_output=True)
    assert holder_is(session.daemon)
    assert session.files() == before


@pytest.mark.long
def test_the_session_starts_this_wallet_from_then_on(session: Session) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("needs package xvfb")
    done(session.wallet, "door", "enable", "secret-service")
    session.wallet.end()
    wait_until(lambda: serving(SECRETS) is None)
    command = ["Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            display = f"DISPLAY=:{server.stdout.readline().strip()}"
            subprocess.run(["dbus-update-activation-environment", display], check=True)
            subprocess.run(_PING, check=True, capture_output=True)
            assert holder_is(str(Path(sys.executable).resolve()))
            assert told(session.wallet, "status")["state"] == "locked"
            done(session.wallet, "stop")
        finally:
            server.terminate()


def test_disabling_takes_away_what_was_written_also_where_no_wallet_runs(session: Session) -> None:
    before = session.files()
    done(session.wallet, "door", "enable", "secret-service")
    assert session.files() != before
    session.wallet.end()
    assert etui(session.wallet, "door", "disable", "secret-service").returncode == 5
    assert session.files() == before


def test_a_person_moves_in_and_out_again_and_programs_find_what_they_had(session: Session) -> None:
    if shutil.which("secret-tool") is None:
        pytest.skip("needs package libsecret-tools")
    store = ["secret-tool", "store", "--label=Mail", "service", "mail"]
    look_up = ["secret-tool", "lookup", "service", "mail"]
    command = [session.daemon, "--foreground", "--unlock", "--components=secrets"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as keyring:
        assert keyring.stdin is not None
        keyring.stdin.write(b"keyring\n")
        keyring.stdin.close()
        wait_until(lambda: holder_is(session.daemon))
        subprocess.run(store, input=b"its secret", check=True)
        with session.wallet.connect() as client:
            client.call(wallet_interface.Set(name="open_session", value="on"))
        assert "1      1      0      0" in done(session.wallet, "import", "secret-service")
        done(session.wallet, "door", "enable", "secret-service")
        assert keyring.wait(60) in {0, -signal.SIGTERM}
    asked = len(session.wallet.user.asked())
    assert subprocess.run(look_up, capture_output=True, check=True).stdout == b"its secret"
    assert len(session.wallet.user.asked()) == asked

    done(session.wallet, "door", "disable", "secret-service")
    assert told(session.wallet, "import", "undo")["removed"] == 1


def test_a_profile_beside_the_usual_one_writes_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETUI_HOME", str(session.folder / "other"))
    before = session.files()
    folder = session.folder / "w2"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.approves()
        assert told(wallet, "door", "enable", "secret-service")["files"] == []
        assert session.files() == before


def test_the_ssh_agent_of_gnome_keyring_goes_on_without_its_secrets(session: Session) -> None:
    runtime = Path(session.wallet.environ["XDG_RUNTIME_DIR"])
    command = [session.daemon, "--foreground", "--unlock", "--components=ssh,secrets"]
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as first:
        assert first.stdin is not None
        first.stdin.write(b"keyring\n")
        first.stdin.close()
        agent = {**os.environ, "SSH_AUTH_SOCK": str(runtime / "keyring/ssh")}

        def answers() -> bool:
            return subprocess.run(["ssh-add", "-l"], env=agent, capture_output=True, check=False).returncode == 1

        wait_until(lambda: holder_is(session.daemon) and answers())
        said = etui(session.wallet, "door", "enable", "secret-service")
        assert said.returncode == 0, said.stderr
        assert "is replaced by one without secrets" in said.stderr
        assert first.wait(60) == 0
    assert not holder_is(session.daemon)
    assert answers()
    control = runtime / "keyring/control"
    for pid in _running(session.daemon, runtime):
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not _running(session.daemon, runtime) or not control.exists())


def _running(program: str, runtime: Path) -> list[int]:
    """The processes of a program that were started for this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_it = str((process / "exe").readlink()) == program
            if is_it and f"XDG_RUNTIME_DIR={runtime}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:
            continue
    return found
