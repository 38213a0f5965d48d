"""Brings a wallet up: the profile, the socket, what this machine can do, and then the supervisor until it ends."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import stat
import sys
import time
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from etui.trusted.dialog.display import answering_display
from etui.trusted.dialog.terminal.tty import has_terminal
from etui.trusted.memory import harden
from etui.trusted.package import PackageError, check_installations, folder_of
from etui.trusted.profile import Profile, ProfileError
from etui.trusted.sandbox import Impossible, probe
from etui.trusted.supervisor.agent import attend
from etui.trusted.supervisor.confined import confine_with
from etui.trusted.supervisor.profile import find_profile, open_profile
from etui.trusted.supervisor.settings import SettingsError, read_settings
from etui.trusted.supervisor.supervisor import Options, supervise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etui.protocol import Place

_BACKLOG: Final = 512
_LAST_S: Final = 2.0
"""How long the Router of a killed wallet may outlive it."""
_LOOK_S: Final = 0.05
_NOWHERE: Final = {
    "auto": "neither a display that answers nor a terminal",
    "qt": "no display that answers",
    "terminal": "no terminal",
}


class UpError(Exception):
    """The wallet cannot be brought up; ``status`` is the exit status, the message says why and what to do."""

    code = "up"

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How the wallet is to be brought up.

    ``test``: as a test profile, where there is none yet. ``face``: the dialog's, ``auto``, ``qt``, ``terminal`` or
    ``scripted``. ``dialog``: its further arguments. ``doors``: those to open instead of the profile's own choice.
    """

    test: bool = False
    face: str = "auto"
    dialog: tuple[str, ...] = ()
    doors: tuple[str, ...] | None = None
    as_root: bool = False


def bring_up(place: Place, wish: Wish) -> None:
    """Runs the wallet in the foreground until it is ended; raises ``UpError``.

    Where an upgrade has replaced its code, it ends once it is locked, and this process runs the new code.

    Exit statuses: 1 for a profile that cannot be used or that runs already, 2 for what must not be asked for, 3 where
    the user cannot be asked, 4 where Extensions cannot be confined. With 2, 3 and 4 no profile was made.
    """
    if os.getuid() == 0 and not wish.as_root:
        raise UpError("this is root: a wallet belongs to a person; run it as yourself, or with --as-root", 2)
    if place.managed:
        _attend(place)
        return
    if place.socket.parent != place.runtime:
        raise UpError("ETUI_SOCKET is for Clients, which look for the wallet there; unset it for `etui up`", 2)
    os.umask(0o077)
    harden()  # it holds no key, but every channel to who does
    try:
        profile = find_profile(place.home)
        doors = read_settings(place.home).doors if wish.doors is None else wish.doors
        check_installations(folder_of(place.home))
    except (ProfileError, SettingsError, PackageError) as error:
        raise UpError(str(error)) from None
    except OSError as error:
        raise _unusable(place.home, error) from None
    test = wish.test if profile is None else profile.test is not None
    if wish.face == "scripted" and not test:
        raise UpError("a scripted dialog is for test profiles alone; this profile is a real one", 2)
    bubblewrap = _bubblewrap()
    dialog = ("--face", wish.face, *wish.dialog, *(("--test-profile",) if test else ()))
    if profile is None:
        _require_asking(wish.face)
        _make(place.home, test=test)
    with _only_one(place.home), _listening(place) as listener:
        if profile is not None:  # who finds that a wallet runs already need not be asked
            _require_asking(wish.face)
        options = Options(confine=confine_with(bubblewrap), dialog=dialog, doors=doors, tpm=_tpm_of(profile))
        was_replaced = asyncio.run(supervise(place, listener, options))
    if was_replaced:
        _become_the_new_code()


def _bubblewrap() -> Path:
    """What confines Extensions here."""
    possible = probe()
    if isinstance(possible, Impossible):
        raise UpError(f"Extensions cannot be confined here, so none is started: {possible.reason}", 4)
    return possible.bubblewrap


def _tpm_of(profile: Profile | None) -> str:
    """The TPM that a test profile names in place of the machine's."""
    return profile.test.tpm if profile is not None and profile.test is not None else ""


def _become_the_new_code() -> NoReturn:
    """Runs what was run, in this very process."""
    sys.stderr.write("etui was upgraded while this wallet ran: it is started anew\n")
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # no shell is wanted


def _attend(place: Place) -> None:
    """Opens the doors of a wallet that the machine runs, until that ends."""
    harden()
    try:
        place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_over = asyncio.run(attend(place, os.getuid()))
    except SettingsError as error:
        raise UpError(str(error)) from None
    except OSError as error:
        text = f"the wallet that this machine runs for you does not answer: {error.strerror or error}"
        raise UpError(f"{text}; for one of your own beside it set ETUI_HOME") from None
    if not is_over:
        raise UpError("the doors are closed: the wallet ended, or another session of yours opens them")


def _make(home: Path, *, test: bool) -> None:
    try:
        made = open_profile(home, test=test)
    except ProfileError as error:
        raise UpError(str(error)) from None
    except OSError as error:
        raise _unusable(home, error) from None
    if (made.test is not None) is not test:
        raise UpError(f"another profile was made in {home} at the same moment; start it again")


def _require_asking(face: str) -> None:
    if not _can_ask(face):
        text = f"there is {_NOWHERE[face]} to ask you in: start it in one, or see it with ./run --tour"
        raise UpError(text, 3)


def _can_ask(face: str) -> bool:
    """Whether the dialog has something to be shown on; a display is looked for last, since that takes longer."""
    if face in {"auto", "terminal"} and has_terminal():
        return True
    return face == "scripted" or (face in {"auto", "qt"} and answering_display(os.environ) is not None)


def _unusable(home: Path, error: OSError) -> UpError:
    return UpError(f"the profile {home} cannot be used: {error.strerror}; ETUI_HOME names another folder")


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Holds the profile; raises ``UpError`` where another wallet holds it."""
    try:
        descriptor = os.open(home / "running", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(home, error) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpError(f"a wallet runs on {home} already; `etui status` shows it") from None
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _listening(place: Place) -> Iterator[socket.socket]:
    """The listening socket in a private directory; its file is removed at the end.

    Raises ``UpError`` where another wallet listens there, as one of another profile that is found at the same place.
    """
    with contextlib.ExitStack() as held:
        try:
            _private_directories(place.runtime)
            _hold(place, held)
            place.socket.unlink(missing_ok=True)
            listener = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC))
            listener.bind(str(place.socket))
            held.callback(_unlink, place.socket, _identity(place.socket))
            place.socket.chmod(0o600)
        except OSError as error:
            text = f"no socket can be made in {place.runtime}: {error.strerror}; XDG_RUNTIME_DIR names another folder"
            raise UpError(text) from None
        listener.listen(_BACKLOG)
        yield listener


def _hold(place: Place, held: contextlib.ExitStack) -> None:
    """Holds the place of the socket as long as ``held``; raises ``UpError`` where another wallet has it.

    The lock tells of every wallet, the answer of one whose lock file was removed, as a cleaner of /tmp does.
    """
    taken = UpError(
        f"a wallet runs at {place.socket} already; `etui status` shows it; "
        "for another one beside it set ETUI_HOME or XDG_RUNTIME_DIR"
    )
    lock = place.socket.with_suffix(".lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    held.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise taken from None
    deadline = time.monotonic() + _LAST_S
    while _answers(place.socket):
        if time.monotonic() > deadline:
            raise taken
        time.sleep(_LOOK_S)


def _answers(path: Path) -> bool:
    """Whether somebody listens at this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as looking:
        looking.settimeout(0)
        try:
            looking.connect(str(path))
        except BlockingIOError:  # so many wait there already
            return True
        except OSError:
            return False
        return True


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def _unlink(path: Path, identity: tuple[int, int]) -> None:
    """Removes the socket's file where it is still this one; it may be gone, with its folder, or be another's."""
    with contextlib.suppress(OSError):
        if _identity(path) == identity:
            path.unlink()


def _private_directories(runtime: Path) -> None:
    """Makes the runtime directory, and refuses one that is another's or open to others."""
    for path in (runtime.parent, runtime) if runtime.name.startswith("p-") else (runtime,):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise UpError(f"{path} is not a private directory of yours; remove it or set XDG_RUNTIME_DIR")
