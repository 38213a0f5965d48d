"""A process that sees as a person does and is somebody else: its file system ids are the person's, all others its own.

The kernel shows what a process runs to who has its uid and gid as *file system* ids (ptrace(2), PTRACE_MODE_FSCREDS).
The person cannot trace or signal who has them alone, and no capability is left: what can be seen is what the person
could see, and no more.

Source: credentials(7), setfsuid(2), capabilities(7), capset(2).
"""

from __future__ import annotations

import ctypes
import os
import pwd
from typing import Final

_SETGID: Final = 1 << 6
_SETUID: Final = 1 << 7
_PR_SET_KEEPCAPS: Final = 8
_PR_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITY_VERSION: Final = 0x20080522
_UNCHANGED: Final = 2**32 - 1


class EyesError(Exception):
    """This process cannot become who it has to be."""

    code = "eyes"


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def see_as(person: pwd.struct_passwd, own: pwd.struct_passwd) -> None:
    """Become `own`, who sees as `person` does, for good; called as root, before any thread is started.

    Raises `EyesError`, `OSError` where a capability for it is missing.
    """
    if 0 in {person.pw_uid, own.pw_uid} or person.pw_uid == own.pw_uid:
        raise EyesError(f"{own.pw_name} cannot look for {person.pw_name}: that takes two users, and neither is root")
    libc = ctypes.CDLL(None, use_errno=True)
    os.setgroups([])
    os.setresgid(own.pw_gid, own.pw_gid, own.pw_gid)
    _must(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setresuid(own.pw_uid, own.pw_uid, own.pw_uid)
    _keep(libc, _SETUID | _SETGID)
    libc.setfsgid(person.pw_gid)
    libc.setfsuid(person.pw_uid)
    _keep(libc, 0)
    _must(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    # Of an impossible id they change nothing, and return what holds.
    if (libc.setfsuid(_UNCHANGED), libc.setfsgid(_UNCHANGED)) != (person.pw_uid, person.pw_gid):
        raise EyesError(f"the system does not let {own.pw_name} see as {person.pw_name}: CAP_SETUID is missing")


def _keep(libc: ctypes.CDLL, capabilities: int) -> None:
    data = (_Data * 2)(_Data(capabilities, capabilities, 0), _Data(0, 0, 0))
    _must(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), data))


def _must(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
