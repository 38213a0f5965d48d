"""What was answered, as the checks judge it: the examination, the wallet, the buses, the list of packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.doctor.machines import examination, lost, machine, running

import etui
from etui.cli.doctor import installation, kernel, memory, session
from etui.cli.doctor import running as wallet_checks
from etui.cli.doctor.findings import Check, State
from etui.cli.doctor.told import Confinement, Display, SessionBus, Silence, SystemBus, Told
from etui.trusted.dialog.display import PROTECTED, UNPROTECTED

IMPOSSIBLE = Confinement("impossible", reason="No Extension can be confined: AppArmor.")
X11 = Display("x11", UNPROTECTED, protected=False)
KIOSK = Display("wayland", PROTECTED, protected=True)
DEAD = SessionBus("unix:path=/nowhere", "No such file or directory")
KEYRING = SessionBus("unix:path=/bus", "", "/usr/bin/gnome-keyring-daemon (process 7)")
LOGIND = SystemBus("unix:path=/system", "", logind=True, session="/org/freedesktop/login1/session/_32")
DISPLAYED = {"DISPLAY": ":0"}


@pytest.mark.parametrize(
    ("check", "told", "state", "says"),
    [
        (kernel.confinement, Told(examination=examination()), State.HOLDS, "/usr/bin/bwrap"),
        (kernel.confinement, Told(examination=examination(confinement=IMPOSSIBLE)), State.STOPS, "AppArmor"),
        (kernel.confinement, Told(examination=Silence("No module 'cedarpy'")), State.STOPS, "No module 'cedarpy'"),
        (kernel.confinement, Told(examination=Silence("it is late", is_late=True)), State.UNSEEN, "it is late"),
        (memory.swap, Told(examination=examination()), State.HOLDS, "not swapped"),
        (memory.swap, Told(examination=examination(swapped_to=("/dev/sda3",))), State.WEAKENS, "/dev/sda3"),
        (memory.swap, Told(), State.UNSEEN, "was not asked"),
        (memory.locked_memory, Told(examination=examination()), State.HOLDS, "never written to swap"),
        (memory.locked_memory, Told(examination=examination(memory=lost("unswapped"))), State.LIMITS, "unswapped."),
        (
            memory.locked_memory,
            Told(examination=examination(memory=lost("unswapped"), swapped_to=("/swap.img",))),
            State.WEAKENS,
            "unswapped.",
        ),
        (memory.locked_memory, Told(examination=examination(memory=lost("no_core"))), State.HOLDS, ""),
        (memory.untraceable, Told(examination=examination()), State.HOLDS, ""),
        (memory.untraceable, Told(examination=examination(memory=lost("untraceable"))), State.STOPS, "untraceable."),
        (session.display, Told(examination=examination(display=X11)), State.LIMITS, "Unprotected"),
        (session.display, Told(examination=examination(display=KIOSK)), State.HOLDS, "Protected"),
        (session.display, Told(examination=examination()), State.LIMITS, "in the terminal"),
        (session.display, Told(examination=examination(has_terminal=False)), State.STOPS, "no terminal"),
        (session.display, Told(wallet=running()), State.LIMITS, "Terminal."),
        (session.display, Told(wallet=running(dialog="wayland", display=UNPROTECTED)), State.LIMITS, "Unprotected"),
        (session.display, Told(wallet=running(dialog="wayland", display=PROTECTED)), State.HOLDS, "Protected"),
        (session.display, Told(wallet=running(dialog="none", display="Nowhere.")), State.STOPS, "Nowhere."),
        (session.session_bus, Told(), State.LIMITS, "no session bus"),
        (session.session_bus, Told(session_bus=DEAD), State.WEAKENS, "No such file"),
        (session.session_bus, Told(session_bus=KEYRING), State.HOLDS, "answers"),
        (session.secrets, Told(), State.LIMITS, "nobody serves"),
        (session.secrets, Told(session_bus=KEYRING), State.LIMITS, "gnome-keyring-daemon"),
        (session.secrets, Told(session_bus=SessionBus("unix:path=/bus")), State.LIMITS, "Nobody serves"),
        (
            session.secrets,
            Told(session_bus=KEYRING, wallet=running({"secret-service": "it is open"})),
            State.HOLDS,
            "The wallet serves",
        ),
        (session.system_bus, Told(), State.LIMITS, "no system bus"),
        (session.system_bus, Told(system_bus=SystemBus("x", "refused")), State.WEAKENS, "(refused)"),
        (session.system_bus, Told(system_bus=LOGIND), State.HOLDS, "answers"),
        (session.logind, Told(), State.LIMITS, "not there"),
        (session.logind, Told(system_bus=SystemBus("x")), State.LIMITS, "not there"),
        (session.logind, Told(system_bus=SystemBus("x", logind=True)), State.LIMITS, "no session of yours"),
        (session.logind, Told(system_bus=LOGIND), State.HOLDS, "locks with your session"),
        (installation.debian, Told(), State.HOLDS, "package manager"),
        (installation.debian, Told(packages=()), State.HOLDS, "No Debian package is missing"),
        (installation.debian, Told(packages=("xclip  # the clipboard",)), State.WEAKENS, "missing: xclip."),
        (installation.debian, Told(packages="dpkg-query: not found"), State.UNSEEN, "dpkg-query: not found"),
        (wallet_checks.running, Told(), State.LIMITS, "No wallet runs"),
        (wallet_checks.running, Told(wallet="it did not answer"), State.STOPS, "it did not answer"),
        (wallet_checks.running, Told(wallet=running()), State.HOLDS, "is locked"),
        (wallet_checks.running, Told(wallet=running(test=True)), State.LIMITS, "test profile"),
        (
            wallet_checks.running,
            Told(wallet=running(version="0.0.9")),
            State.WEAKENS,
            f"this command of {etui.__version__}",
        ),
        (wallet_checks.notes, Told(), State.HOLDS, ""),
        (
            wallet_checks.notes,
            Told(wallet=running(notes=["it rains.", "it snows"])),
            State.LIMITS,
            "it rains; it snows.",
        ),
    ],
)
def test_an_answer_says_what_holds(check: Check, told: Told, state: State, says: str, tmp_path: Path) -> None:
    finding = check(machine(tmp_path, told=told))
    assert finding.state is state
    assert says in finding.found
    if state in {State.STOPS, State.WEAKENS}:
        assert finding.consequence


def test_a_desktop_without_a_session_bus_wants_something_done(tmp_path: Path) -> None:
    assert session.session_bus(machine(tmp_path, environ=DISPLAYED)).state is State.WEAKENS


def test_a_display_that_is_named_and_does_not_answer_is_named(tmp_path: Path) -> None:
    told = Told(examination=examination(has_terminal=False))
    assert "(DISPLAY=:0)" in session.display(machine(tmp_path, told=told, environ=DISPLAYED)).found
