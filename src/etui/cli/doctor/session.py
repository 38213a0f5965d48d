"""The session: where the user is asked, which buses there are, and who serves what the wallet could serve."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from etui.cli.doctor.findings import Finding, Machine, State, holds
from etui.cli.doctor.sockets import answers
from etui.cli.doctor.told import Running, Silence
from etui.cli.output import single_line

_SECRETS: Final = "org.freedesktop.secrets"
_SECRETS_DOOR: Final = "secret-service"
_AGENT_DOOR: Final = "ssh-agent"
_NOWHERE: Final = "none"
_TERMINAL: Final = frozenset({"terminal", "scripted"})


def display(machine: Machine) -> Finding:
    """Where the dialog is shown, or would be, and what that protects from."""
    if isinstance(machine.told.wallet, Running):
        status = machine.told.wallet.status
        return _shown(status.dialog, status.display, protected=status.display.startswith("Protected"))
    examination = machine.told.examination
    if isinstance(examination, Silence):
        return Finding(State.UNSEEN, f"The wallet's examination does not run: {examination.reason}.")
    if examination.display is not None:
        shown = examination.display
        return _shown(shown.kind, shown.sentence, protected=shown.protected)
    if examination.has_terminal:
        return _shown("terminal", "No display answers; the dialog is shown in the terminal.", protected=False)
    named = [f"{name}={value}" for name in ("WAYLAND_DISPLAY", "DISPLAY") if (value := machine.environ.get(name))]
    what = f"The display does not answer ({', '.join(named)}), and" if named else "There is no display, and"
    return Finding(
        State.STOPS,
        f"{what} no terminal here.",
        "`etui up` does not start from here, since you could not be asked anything.",
        "start it in your session or a terminal: `ssh -t`; where a display is named, the packages below may be missing",
    )


def _shown(kind: str, sentence: str, *, protected: bool) -> Finding:
    if kind == _NOWHERE:
        return Finding(State.STOPS, sentence, "Whatever has to be asked is refused.", "`etui stop`, then `etui up`")
    if protected:
        return holds(sentence)
    if kind in _TERMINAL:
        text = "A program of yours can read what you type, and answer for you."
        return Finding(State.LIMITS, sentence, text, "a protected display")
    return Finding(
        State.LIMITS,
        sentence,
        "Your yes guards against mistakes and nosy programs, not against one that presses the button itself.",
        "Wayland under a compositor of a system account, as on a kiosk; an ordinary desktop has none",
    )


def session_bus(machine: Machine) -> Finding:
    """Whether there is a session bus."""
    bus = machine.told.session_bus
    if bus is not None and not bus.problem:
        return holds("The session bus answers.")
    there = "There is no session bus" if bus is None else f"The session bus at {bus.address} does not answer"
    why = f": {bus.problem}." if bus is not None else " (DBUS_SESSION_BUS_ADDRESS)."
    graphical = any(machine.environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY"))
    return Finding(
        State.WEAKENS if graphical or bus is not None else State.LIMITS,
        single_line(f"{there}{why}"),
        "No program finds the wallet by libsecret, and the wallet does not lock when the screen is locked.",
        "log in anew, with the package dbus-user-session; for one command `dbus-run-session -- COMMAND`",
    )


def system_bus(machine: Machine) -> Finding:
    """Whether there is a system bus, and logind on it."""
    bus = machine.told.system_bus
    if bus is None or bus.problem:
        problem = "" if bus is None else f" ({bus.problem})"
        return Finding(
            State.LIMITS if bus is None else State.WEAKENS,
            f"The system bus does not answer{problem}." if bus is not None else "There is no system bus.",
            "The wallet locks after the machine has slept, and not before, nor when the session is locked or left.",
            "as root `apt-get install dbus` and `systemctl start dbus`; a container has none",
        )
    return holds("The system bus answers.")


def logind(machine: Machine) -> Finding:
    """Whether logind is there, and counts this user's programs to a session."""
    bus = machine.told.system_bus
    if bus is None or bus.problem or not bus.logind:
        return Finding(
            State.LIMITS,
            "Logind is not there.",
            "The wallet locks after the machine has slept, and not before, nor when the session is locked or left.",
            "as root `apt-get install libpam-systemd`, and log in anew; a container has none",
        )
    if not bus.session:
        return Finding(
            State.LIMITS,
            "Logind knows no session of yours.",
            "The wallet locks before the machine sleeps, and not when a session is locked or left.",
            "log in by a way that has pam_systemd, as at the desktop or over SSH; `loginctl` lists sessions",
        )
    return holds(f"The wallet locks with your session {single_line(bus.session)}, and before the machine sleeps.")


def secrets(machine: Machine) -> Finding:
    """Who serves programs that keep passwords by libsecret."""
    bus = machine.told.session_bus
    if bus is None or bus.problem:
        return Finding(State.LIMITS, "Without a session bus nobody serves libsecret.")
    if _door(machine, _SECRETS_DOOR) is not None:
        return holds(f"The wallet serves {_SECRETS}.")
    if bus.secrets:
        return Finding(
            State.LIMITS,
            single_line(f"{_SECRETS} is served by {bus.secrets}."),
            "What programs keep by libsecret lies there and not in the wallet: any program of the session may read it.",
            "`etui door enable secret-service --take-over`",
        )
    then = "the bus starts another program for it" if bus.starts_secrets else "programs that ask for it fail"
    return Finding(
        State.LIMITS,
        f"Nobody serves {_SECRETS} now.",
        f"What programs keep by libsecret does not come to the wallet: {then}.",
        "`etui door enable secret-service`, while the wallet runs",
    )


def agent(machine: Machine) -> Finding:
    """Which SSH agent programs find."""
    path = machine.environ.get("SSH_AUTH_SOCK", "")
    ours = str(machine.runtime / _AGENT_DOOR)
    cure = "`etui door enable ssh-agent` opens the wallet's, and says where to put it"
    if not path:
        text = "ssh and git find no agent, and so no key of the wallet, unless ~/.ssh/config names it."
        return Finding(State.LIMITS, "SSH_AUTH_SOCK is not set.", text, cure)
    if not answers(Path(path)):
        return Finding(
            State.WEAKENS,
            single_line(f"Nobody answers at SSH_AUTH_SOCK, {path}."),
            "ssh and git find no agent there, and may fall back to key files.",
            "start the wallet, and `etui door enable ssh-agent`" if path == ours else f"correct or unset it; {cure}",
        )
    if path == ours:
        return holds("ssh and git find the wallet's agent (SSH_AUTH_SOCK).")
    return Finding(
        State.LIMITS,
        single_line(f"SSH_AUTH_SOCK is another agent's, {path}."),
        "ssh and git do not find keys of the wallet, unless ~/.ssh/config names it.",
        cure,
    )


def _door(machine: Machine, name: str) -> str | None:
    running = machine.told.wallet
    return running.doors.get(name) if isinstance(running, Running) else None
