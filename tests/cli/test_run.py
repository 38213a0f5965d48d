"""``etui run``: the wallet in the foreground, and what it says where something is missing."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.cli.etui import ETUI, done, run, told, wait_until

from etui.cli.run import circumstances
from etui.protocol import find_place
from etui.testkit import TestWallet, private_bus

_NOWHERE = [
    {"QT_QPA_PLATFORM": "", "DISPLAY": x11, "WAYLAND_DISPLAY": wayland}
    for x11 in ("", ":65534")
    for wayland in ("", "wayland-65534")
]
"""Displays that are not there, whatever the variables say."""


@contextmanager
def running(stage: TestWallet, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """``etui run`` in a test profile with a scripted user."""
    script = ["--test-profile", "--as-root", "--script", str(stage.user.script)]
    process = subprocess.Popen(
        [*ETUI, "run", *script, *arguments],
        env=stage.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate()


READY: Final = "Your wallet is ready. Where there is no display it asks you here.\n"


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_first_time_it_makes_a_wallet_and_says_what_next(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    with running(stage) as process:
        assert first_line(process) == READY
        assert "unlocked" in done(stage, "status")
        process.terminate()
        assert process.stdout is not None
        assert "etui door enable secret-service" in process.stdout.read()
        assert process.wait() == 0
    assert not list(Path(stage.environ["XDG_RUNTIME_DIR"]).rglob("router"))


def test_later_it_says_that_the_wallet_is_locked(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    with stage:
        stage.create()
    with running(stage) as process:
        assert first_line(process) == "The wallet runs and is locked. Ctrl-C ends it.\n"
        process.send_signal(signal.SIGHUP)
        process.communicate()
    assert process.returncode == 0


def test_it_ends_with_the_wallet(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    with running(stage) as process:
        first_line(process)
        done(stage, "stop")
        process.communicate()
    assert process.returncode == 0


def test_ctrl_c_ends_all_of_it_in_order(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    with running(stage) as process:
        first_line(process)
        done(stage, "add", "Mail", "--generate")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to every process of its foreground
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_one_that_runs_already_is_left_alone(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    with stage, running(stage) as process:
        assert process.stderr is not None
        assert "runs already" in process.stderr.read()
        assert process.wait() == 1
        assert "none" in done(stage, "status", "--json")


@pytest.mark.parametrize("command", ["run", "up"])
@pytest.mark.parametrize("display", _NOWHERE, ids=lambda display: " ".join(display.values()))
def test_where_nobody_can_be_asked_nothing_is_started_and_one_sentence_names_the_tour(
    short_dir: Path, command: str, display: dict[str, str]
) -> None:
    environ = {**TestWallet(short_dir).environ, **display}
    result = run(command, "--test-profile", "--as-root", "--no-doors", environ=environ)
    assert result.returncode == 3
    assert "./run --tour" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(Path(environ["XDG_RUNTIME_DIR"]).rglob("router"))
    assert not Path(environ["ETUI_HOME"]).exists()


@pytest.mark.parametrize(("face", "lacks"), [("qt", "no display"), ("terminal", "no terminal")])
def test_a_face_that_was_asked_for_and_cannot_be_shown_is_named(short_dir: Path, face: str, lacks: str) -> None:
    environ = {**TestWallet(short_dir).environ, **_NOWHERE[-1]}
    result = run("up", "--test-profile", "--as-root", "--no-doors", "--dialog", face, environ=environ)
    assert result.returncode == 3
    assert lacks in result.stderr


@pytest.mark.parametrize("display", _NOWHERE, ids=lambda display: " ".join(display.values()))
def test_where_the_display_leads_nowhere_the_terminal_is_asked_in(short_dir: Path, display: dict[str, str]) -> None:
    stage = TestWallet(short_dir)
    master, slave = pty.openpty()
    command = ["setsid", "--ctty", *ETUI, "run", "--test-profile", "--as-root", "--no-doors"]
    with subprocess.Popen(
        command, env={**stage.environ, **display}, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        try:
            assert "Make your wallet" in _read_until(master, "Terminal: programs of the same user")
        finally:
            process.terminate()
            assert process.wait() == 0
            os.close(master)


def test_on_a_display_that_answers_a_window_guides_through_making_a_wallet(short_dir: Path) -> None:
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"needs package {program.lower()}")
    screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x900x24", "-nolisten", "tcp"]
    stage = TestWallet(short_dir)
    with subprocess.Popen(screen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            display = {"DISPLAY": f":{first_line(server).strip()}", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
            command = [*ETUI, "run", "--as-root", "--no-doors"]
            with subprocess.Popen(
                command, env={**stage.environ, **display}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            ) as process:
                try:
                    look = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "^Etui: Make your wallet$"]
                    seen = subprocess.run(
                        look, env={**os.environ, **display}, capture_output=True, timeout=60, check=True
                    )
                    assert len(seen.stdout.split()) == 1
                    assert told(stage, "status")["state"] == "none"
                finally:
                    process.terminate()
                    assert process.wait() == 0
        finally:
            server.terminate()


def _read_until(terminal: int, words: str) -> str:
    """What is shown there, as soon as these words are; they fail to come within a minute."""
    shown = b""
    while words.encode() not in shown:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, shown
        shown += os.read(terminal, 4096)
    return shown.decode(errors="replace")


def test_what_is_missing_is_said_with_what_follows(bus: str) -> None:
    session = {"XDG_RUNTIME_DIR": "/run/user/1000", "DBUS_SESSION_BUS_ADDRESS": bus}
    assert circumstances(session, 1000) == []
    for address, why in (("unix:path=/nonexistent/bus", "No such file"), ("nonsense", "")):
        (said,) = circumstances({**session, "DBUS_SESSION_BUS_ADDRESS": address}, 1000)
        assert f"the session bus at {address} (DBUS_SESSION_BUS_ADDRESS) cannot be reached ({why}" in said
        assert "Secret Service door stays off" in said
    runtime, bus = circumstances({}, 1000)
    assert "/tmp/etui-1000" in runtime
    assert "Secret Service door stays off" in bus


def test_root_is_told_how_to_have_a_wallet_all_the_same(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    command = ["run", "--test-profile", "--script", str(stage.user.script)]
    if os.getuid() == 0:
        result = run(*command, environ=stage.environ)
        assert result.returncode == 2
        assert "--as-root" in result.stderr
    else:
        with running(stage) as process:
            assert "ready" in first_line(process)


def test_where_nothing_can_be_confined_no_wallet_starts_and_the_setting_is_named(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    inside = [
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"',
    ]
    if subprocess.run([*inside, "sh", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel or container allows no user namespace to try it in")
    command = [*inside, "sh", *ETUI, "up", "--test-profile", "--as-root", "--script", str(stage.user.script)]
    result = subprocess.run(
        command, env=stage.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 4
    assert "user.max_user_namespaces" in result.stderr
    assert not list(Path(stage.environ["XDG_RUNTIME_DIR"]).rglob("router"))


def test_without_a_runtime_directory_it_makes_a_private_one_with_a_short_path(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    del stage.environ["XDG_RUNTIME_DIR"]
    runtime = Path(f"/tmp/etui-{os.getuid()}")
    with running(stage) as process:
        assert first_line(process) == READY
        path = find_place(stage.environ, os.getuid()).socket
        assert path.is_socket()
        assert path.is_relative_to(runtime)
        assert [folder.stat().st_mode & 0o077 for folder in (runtime, path.parent)] == [0, 0]
        assert len(bytes(path)) < 108
        process.terminate()
        assert process.wait() == 0


def test_without_a_session_bus_the_wallet_starts_and_says_why_the_door_is_off(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    stage.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
    with running(stage) as process:
        first_line(process)
        rows = msgspec.json.decode(done(stage, "door", "list", "--json"))
        assert [(row["state"], "session bus" in row["detail"]) for row in rows if row["door"] == "secret-service"] == [
            ("off", True)
        ]
        process.terminate()
        assert process.stderr is not None
        assert "no session bus" in process.stderr.read()


def test_a_session_bus_that_is_not_there_is_said_once_and_at_the_door(short_dir: Path) -> None:
    stage = TestWallet(short_dir, environ={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"})
    with running(stage, "--door", "secret-service") as process:
        first_line(process)
        wait_until(lambda: "the session bus cannot be reached: " in _door(stage)["detail"])
        assert "No such file or directory" in _door(stage)["detail"]
        assert _door(stage)["enabled"]
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()
        assert "etui: the session bus at unix:path=/nonexistent/bus (DBUS_SESSION_BUS_ADDRESS) cannot be" in said
        assert said.count("the door secret-service is off: the session bus cannot be reached") == 1


def _door(stage: TestWallet) -> Any:  # noqa: ANN401  # JSON
    return next(row for row in told(stage, "door") if row["door"] == "secret-service")


def test_the_session_bus_is_found_where_it_usually_is(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    stage.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
    stage.user.approves()
    with private_bus(Path(stage.environ["XDG_RUNTIME_DIR"])), running(stage) as process:
        first_line(process)
        assert msgspec.json.decode(done(stage, "door", "enable", "secret-service", "--json"))["detail"] == "it is open"
        process.terminate()
        assert process.stderr is not None
        assert "no session bus" not in process.stderr.read()


@pytest.mark.attack(14)
def test_a_real_profile_refuses_a_scripted_dialog(short_dir: Path) -> None:
    stage = TestWallet(short_dir)
    stage.home.mkdir(mode=0o700)
    (stage.home / "profile.json").write_bytes(msgspec.json.encode({"format": 1, "id": "a" * 32}))
    for more in ([], ["--test-profile"]):
        command = ["up", "--as-root", "--script", str(stage.user.script), *more]
        result = run(*command, environ=stage.environ)
        assert result.returncode == 2
        assert "test profiles alone" in result.stderr
    assert b"test" not in (stage.home / "profile.json").read_bytes()
