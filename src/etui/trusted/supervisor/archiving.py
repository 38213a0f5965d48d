"""``python -m etui.trusted.supervisor.archiving export|restore …``: the archive of a wallet that the machine runs.

A unit of its own, which begins as root, since the parts of a wallet keep their files apart. Rules:

1. The files of a part are read, and removed, with the file system ids of that part's user: a link in its folder leads
   to nothing that this user may not read anyway.
2. An archive comes and goes by a stream: no path is opened that anybody named.
3. What is restored is written beside the wallet, where root alone gets in, and is given to the users of the parts when
   all of it is there and durable. Then the two folders change places in one step: whatever ends this process, there
   is no wallet afterwards, or the whole one.
4. Where a wallet was made nothing is restored. A test profile takes the archives of test profiles alone, a real one
   those of real ones.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from etui.protocol.handing import Outcome
from etui.trusted.archive import (
    ArchiveError,
    Fault,
    Folder,
    check_vouched,
    look_over,
    unpack_archive,
    write_archive,
)
from etui.trusted.durable import sync_folder
from etui.trusted.layout import FOLDERS, KEPT, PERSON, SCRIPT, STATE, state_of, user_of
from etui.trusted.memory import harden
from etui.trusted.profile import ProfileError, read_profile

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NOBODY_ELSE: Final = 2**32 - 1
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE (rename(2))."""
_HERE: Final = -100
"""AT_FDCWD."""
_PIECE_BYTES: Final = 1 << 20
_SHARE: Final = 3
"""An archive, and what is unpacked of it, take two parts of the room on the disk at most."""
_QUIET_S: Final = 60.0


@contextlib.contextmanager
def as_user(part: str, person: int) -> Iterator[None]:
    """Opens and names files as the user of this part does, and as root again afterwards.

    Raises ``OSError`` where the system does not let it. Source: setfsuid(2); capabilities(7), which are lost meanwhile.
    """
    user = pwd.getpwnam(user_of(part, person))
    _become(user.pw_uid, user.pw_gid)
    try:
        yield
    finally:
        _become(os.geteuid(), os.getegid())


def _become(uid: int, gid: int) -> None:
    if uid:
        _LIBC.setfsgid(gid)
        _LIBC.setfsuid(uid)
    else:
        _LIBC.setfsuid(uid)
        _LIBC.setfsgid(gid)
    # Of an impossible id they change nothing, and return what holds.
    if (_LIBC.setfsuid(_NOBODY_ELSE), _LIBC.setfsgid(_NOBODY_ELSE)) != (uid, gid):
        raise OSError(f"files cannot be opened as user {uid}: CAP_SETUID or CAP_SETGID is missing")


class Parts(Folder):
    """The profile of a managed wallet: what the Router keeps, and what others do, each read as its user."""

    def __init__(self, person: int) -> None:
        super().__init__(state_of(person) / "wallet")
        self._person = person

    def at(self, path: str) -> Path:
        """Where the file, or the folder, of this path in the profile is."""
        return self.home.parent / path if path.partition("/")[0] in KEPT else self.home / path

    def open(self, path: str) -> BinaryIO:
        """A file of the profile, to be read."""
        with as_user(self._part(path), self._person):
            return super().open(path)

    def names(self, below: str) -> list[tuple[str, int]]:
        """What lies in a folder."""
        with as_user(self._part(below), self._person):
            found = super().names(below)
        return [(name, stat.S_IFDIR if not below and name in KEPT else mode) for name, mode in found]

    def _part(self, path: str) -> str:
        return KEPT.get(path.partition("/")[0], "r")


def export(person: int, stream: socket.socket) -> None:
    """Writes the archive into the stream; raises ``ArchiveError``, ``OSError``."""
    parts = Parts(person)
    contents = look_over(parts, int(time.time()))
    check_vouched(parts, contents)
    with stream.makefile("wb") as file:
        write_archive(parts, contents, file)


def restore(person: int, stream: socket.socket) -> None:
    """Makes the wallet of the archive that comes by the stream; raises ``ArchiveError``, ``OSError``."""
    _must_be_none(person)
    state, aside = state_of(person), STATE / f".{person}.aside"
    _remove(aside, person)
    aside.mkdir(mode=0o700)
    try:
        with (aside / "archive").open("w+b") as file:
            _receive(stream, file)
            unpack_archive(file, aside / "wallet")
        (aside / "archive").unlink()
        _must_be_alike(aside / "wallet", person)
        shutil.copyfile(state / PERSON, aside / PERSON)
        (aside / PERSON).chmod(0o644)
        _divide(aside, person)
        sync_folder(aside)
        _must_be_none(person)
        aside.chmod(0o711)
        _exchange(aside, state)
        sync_folder(STATE)
    finally:
        _remove(aside, person)


def _must_be_none(person: int) -> None:
    with as_user("v", person):
        if (state_of(person) / "vault" / "slots.json").exists():
            text = "the machine runs a wallet for you already, and nothing of it is overwritten: name another folder"
            raise ArchiveError(f"{text} with ETUI_HOME", Fault.USAGE)


def _must_be_alike(restored: Path, person: int) -> None:
    try:
        with as_user("r", person):
            now = read_profile(state_of(person) / "wallet")
        then = read_profile(restored)
    except ProfileError as error:
        raise ArchiveError(str(error)) from None
    if (now.test is None) is not (then.test is None):
        here, there = ("a test profile" if profile.test else "a real wallet" for profile in (now, then))
        text = f"this is the archive of {there}, and the machine was told to run {here}: restore it elsewhere"
        raise ArchiveError(f"{text}, with ETUI_HOME", Fault.USAGE)


def _receive(stream: socket.socket, file: BinaryIO) -> None:
    """Writes what comes by the stream; raises ``ArchiveError`` where that is more than there is room for."""
    room = shutil.disk_usage(STATE).free // _SHARE
    stream.settimeout(_QUIET_S)
    while piece := stream.recv(_PIECE_BYTES):
        room -= len(piece)
        if room < 0:
            raise ArchiveError(f"there is no room for it in {STATE}: it takes a third of what is free there")
        file.write(piece)


def _divide(aside: Path, person: int) -> None:
    """Gives each part what it keeps, in a folder of its own."""
    wallet = aside / "wallet"
    for name in KEPT:
        if (wallet / name).exists():
            (wallet / name).rename(aside / name)
        else:
            (aside / name).mkdir(mode=0o700)
        (wallet / name).symlink_to(Path("..", name))
    (aside / "dialog").mkdir(mode=0o700)
    with contextlib.suppress(FileNotFoundError):  # it is there in a test profile alone
        with as_user("d", person):
            script = (state_of(person) / "dialog" / SCRIPT).read_bytes()
        (aside / "dialog" / SCRIPT).write_bytes(script)
    (aside / "vault").chmod(0o710)
    _open_code(aside / "extensions")
    for name, part in FOLDERS.items():
        user = pwd.getpwnam(user_of(part, person))
        for folder, below, files in os.walk(aside / name, topdown=False):  # whom it was given to alone gets in then
            for entry in (*below, *files):
                os.lchown(Path(folder, entry), user.pw_uid, user.pw_gid)
            sync_folder(Path(folder))
        group = user.pw_gid if name != "vault" else pwd.getpwnam(user_of("r", person)).pw_gid
        os.lchown(aside / name, user.pw_uid, group)


def _open_code(extensions: Path) -> None:
    """Has those who run an Extension get to its code, and nobody see which there are, as when they were installed."""
    for folder, _, _ in os.walk(extensions):
        is_code = len(Path(folder).relative_to(extensions).parts) > 1  # ID/VERSION, and what is in it
        Path(folder).chmod(0o555 if is_code else 0o711)


def _exchange(one: Path, other: Path) -> None:
    """Has two folders change places, in one step."""
    if _LIBC.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _remove(aside: Path, person: int) -> None:
    """Removes what was written beside the wallet, or stood in its place: each part's as its user, the rest as root."""
    if not aside.exists():
        return
    aside.chmod(0o711)
    for name, part in FOLDERS.items():
        with as_user(part, person), contextlib.suppress(OSError):  # of root's still, or not there
            for folder, _, _ in os.walk(aside / name):
                Path(folder).chmod(0o700)
            shutil.rmtree(aside / name, ignore_errors=True)
        with contextlib.suppress(OSError):  # empty, it is root's to remove, who may not look into it
            (aside / name).rmdir()
    shutil.rmtree(aside)


def main() -> int:
    """Does what the words say, and says by the report's channel what became of it."""
    parser = argparse.ArgumentParser(prog="etui-archive")
    parser.add_argument("what", choices=("export", "restore"))
    parser.add_argument("--person", type=int, required=True, metavar="UID")
    parser.add_argument("--stream", type=int, required=True, metavar="N")
    parser.add_argument("--report", type=int, required=True, metavar="N")
    words = parser.parse_args()
    os.umask(0o077)
    harden()
    outcome = Outcome()
    with socket.socket(fileno=words.report) as report:
        try:
            with socket.socket(fileno=words.stream) as stream:
                (export if words.what == "export" else restore)(words.person, stream)
        except ArchiveError as error:
            outcome = Outcome(message=str(error), status=int(error.fault))
        except OSError as error:
            sys.stderr.write(f"{words.what}: {error}\n")
            text = f"{error.filename or 'the archive'} could not be read or written: {error.strerror or error}"
            outcome = Outcome(message=text, status=int(Fault.FAILED))
        report.send(msgspec.json.encode(outcome), socket.MSG_NOSIGNAL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
