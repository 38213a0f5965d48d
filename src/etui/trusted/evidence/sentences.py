"""The one sentence about a Client that the dialog shows; pure.

None says more than the evidence does, and each says what could be pretended.
"""

from etui.trusted.evidence.evidence import Note

_PRETEND = "Another program of yours could pretend to be it."
_FORGET = "It cannot be told from other programs of this session, so nothing is remembered for it."


def program(path: str) -> str:
    """Speak of a program that asks for itself."""
    return f"The program {path} of your own user, as far as the system shows. {_PRETEND}"


def appimage(path: str) -> str:
    """Speak of a program that runs from an AppImage."""
    return f"The AppImage {path} of your own user, as its environment says. {_PRETEND}"


def program_through(path: str, tool: str) -> str:
    """Speak of a program that started the `tool` which asks."""
    return f"The program {path} of your own user started {tool}, as far as the system shows. {_PRETEND}"


def script(path: str, anchor: str | None) -> str:
    """Speak of a script, started by the program `anchor` or in the session."""
    where = "in this session" if anchor is None else f"by {anchor}"
    return f"The script {path}, started {where}, as its command line says. {_PRETEND}"


def service(unit: str) -> str:
    """Speak of a service that runs as the user."""
    return f"The service {unit} that runs as your own user, as far as the system shows. {_PRETEND}"


def system_service(unit: str, uid: int) -> str:
    """Speak of a system service of another user."""
    return f"The system service {unit}, which runs as user number {uid} and not as you."


def other_user(uid: int) -> str:
    """Speak of another user."""
    return f"A program of another user of this machine, number {uid}."


def packaged(name: str, *, by_user: bool) -> str:
    """Speak of a package in its sandbox, set up with the user's own rights or by the system."""
    if by_user:
        return f"The package {name} in its sandbox, as far as the system shows. {_PRETEND}"
    return f"A program in the sandbox that the system made for the package {name}."


def session(tool: str) -> str:
    """Speak of a deputy whom anything in the session may have started."""
    return f"The tool {tool}, started in this session. {_FORGET}"


def obscure(why: Note) -> str:
    """Speak of a process whose program is not known."""
    return f"A program of your own user. {why.sentence} {_FORGET}"
