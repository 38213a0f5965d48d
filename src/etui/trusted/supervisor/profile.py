"""The profile's header: its id, its format, and whether it is a test profile.

A test profile may be created and unlocked by a scripted dialog and may map host names to the loopback. Its header says
so in the clear; the Router authenticates the header at unlock (``router/header.py``), and every face shows it.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "profile.json"
FORMAT: Final = 1


class ProfileError(Exception):
    """The profile cannot be used: its folder is not private, or its header is damaged or newer."""

    code = "profile"


class TestProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only a test profile may do.

    ``hosts``: names under ``etui.test`` and their loopback ports. ``ca``: a file in the profile whose certificates
    vouch for them.
    """

    hosts: dict[str, int] = {}
    ca: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The header."""

    format: int = FORMAT
    id: str
    test: TestProfile | None = None


def open_profile(home: Path, *, test: bool) -> Profile:
    """The profile in ``home``; a new one, a test profile with ``test``, where there is none.

    Raises ``ProfileError`` where the folder is open to others, or belongs to another user, or the header is none.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = home.stat()
    if found.st_uid != os.getuid():
        msg = f"{home} belongs to another user (uid {found.st_uid})"
        raise ProfileError(msg)
    if stat.S_IMODE(found.st_mode) & 0o077:
        msg = f"{home} is open to other users; run: chmod 700 {home}"
        raise ProfileError(msg)
    path = home / FILE
    if not path.exists():
        profile = Profile(id=secrets.token_hex(16), test=TestProfile() if test else None)
        write_profile(home, profile)
        return profile
    try:
        profile = msgspec.json.decode(path.read_bytes(), type=Profile)
    except msgspec.DecodeError as error:
        msg = f"{path} is not a profile's header ({error})"
        raise ProfileError(msg) from None
    if profile.format != FORMAT:
        msg = f"{path} was written by another version of Etui (format {profile.format})"
        raise ProfileError(msg)
    return profile


def write_profile(home: Path, profile: Profile) -> None:
    """Writes the header, all or nothing."""
    new = home / (FILE + ".new")
    with new.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(profile)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / FILE)
