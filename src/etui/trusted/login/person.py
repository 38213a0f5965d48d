"""Who logged in, as root finds it: the salt of their slot for a login, and the socket of their wallet.

Rules:

1. Root reads no byte that the person wrote: a process that has become the person reads the file and gives the salt,
   16 bytes. So no link leads to a file that the person may not read. Where the machine runs the wallet, the file is its
   vault's, and that process becomes the vault's user.
2. A socket is taken at its place alone, through no symbolic link, from folders and a socket that are the person's; and
   before a byte is sent the kernel names the person as who listens there. Else somebody would have root speak to whom
   they choose. Where the machine runs the wallet, the folders are root's, and root, as systemd, listens.
3. A person has one wallet here: the machine's, where it runs one, and else the one in their home.
4. A slot that asks for other work than today's is passed over: the person's file does not say how much of root's
   memory and time is taken.
"""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from msgspec import Struct

from etui.protocol import find_place
from etui.sealing.login import decode_login_slot
from etui.sealing.slots import RECOMMENDED, SALT_BYTES, SlotFileError
from etui.trusted.layout import RUNTIME, state_of, user_of
from etui.trusted.login.apart import apart
from etui.trusted.memory import harden

_PLACE: Final = (".local", "share", "etui", "vault", "login")
_MOST_BYTES: Final = 4096
_PEER: Final = struct.Struct("=iII")
_CONNECT_S: Final = 5.0
_ROOT: Final = 0


class Person(Struct, frozen=True):
    """An ordinary user: name, numbers, home, and the folder that the session makes for their sockets.

    ``is_managed``: whether the machine runs their wallet.
    """

    name: str
    uid: int
    gid: int
    home: Path
    runtime: Path
    is_managed: bool = False

    @property
    def slot(self) -> Path:
        """The slot that their login opens."""
        return state_of(self.uid) / "vault" / "login" if self.is_managed else self.home.joinpath(*_PLACE)

    @property
    def way(self) -> tuple[tuple[str, int], ...]:
        """The folders that lead to their wallet's socket, and the socket, each with whose it has to be."""
        if self.is_managed:
            return ((str(RUNTIME), _ROOT), (str(self.uid), _ROOT), ("router", self.uid))
        return ((str(self.runtime), self.uid), ("etui", self.uid), ("router", self.uid))

    @property
    def listens(self) -> int:
        """The number of who listens there."""
        return _ROOT if self.is_managed else self.uid


def person_of(name: str) -> Person | None:
    """The ordinary user of this name; None for root and for nobody at all."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    if found.pw_uid == 0:
        return None
    home, runtime = Path(found.pw_dir), Path("/run/user", str(found.pw_uid))
    is_managed = find_place({"HOME": found.pw_dir}, found.pw_uid).managed
    return Person(name, found.pw_uid, found.pw_gid, home, runtime, is_managed)


def salt_of(person: Person) -> bytes:
    """The salt (16 bytes) of the slot that the person's login opens; empty where there is none to be served."""

    def read() -> bytes:
        try:
            _become(person)
            return _salt(person.slot)
        except (KeyError, OSError, SlotFileError):
            return b""

    salt = apart(read)
    return salt if len(salt) == SALT_BYTES else b""


def _become(person: Person) -> None:
    """Becomes who may read the slot; raises ``KeyError`` where there is no such user."""
    name, uid, gid = person.name, person.uid, person.gid
    if person.is_managed:
        vault = pwd.getpwnam(user_of("v", person.uid))
        name, uid, gid = vault.pw_name, vault.pw_uid, vault.pw_gid
    os.initgroups(name, gid)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    harden()


def _salt(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        slot = decode_login_slot(file.read(_MOST_BYTES))
    return slot.salt if slot.argon2id == RECOMMENDED else b""


def connected(person: Person) -> socket.socket | None:
    """A connection of root's to what listens as the person's wallet; None where nobody does, or somebody else."""
    opened: list[int] = []
    try:
        descriptor = None
        for name, owner in person.way:
            flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=descriptor)
            opened.append(descriptor)
            if os.fstat(descriptor).st_uid != owner:
                return None
        return _connected(opened[-1], person.listens)
    except OSError:
        return None
    finally:
        for one in opened:
            os.close(one)


def _connected(place: int, uid: int) -> socket.socket | None:
    """A connection to the socket that this descriptor names, whatever becomes of its path meanwhile."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        line.settimeout(_CONNECT_S)
        line.connect(f"/proc/self/fd/{place}")
        _, listens, _ = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    except OSError:
        line.close()
        raise
    if listens != uid:
        line.close()
        return None
    return line
