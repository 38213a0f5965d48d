"""Opens a profile, or makes one: a folder of its user alone, with a header."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.durable import replace_file
from etui.trusted.profile import FILE, Profile, ProfileError, TestProfile, read_profile

_VAULT: Final = "vault"


def open_profile(home: Path, *, test: bool) -> Profile:
    """The profile in ``home``; a new one, a test profile with ``test``, where there is none.

    Raises ``ProfileError`` as ``find_profile`` does.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    profile = find_profile(home)
    if profile is None:
        profile = Profile(id=secrets.token_hex(16), test=TestProfile() if test else None)
        replace_file(home / FILE, msgspec.json.format(msgspec.json.encode(profile)) + b"\n")
    return profile


def find_profile(home: Path) -> Profile | None:
    """The profile in ``home``, where there is one.

    Raises ``ProfileError`` where the folder is open to others, or belongs to another user, or the header is none, or is
    gone while a wallet is there: another header would open it for nobody.
    """
    try:
        found = home.stat()
    except FileNotFoundError:
        return None
    if found.st_uid != os.getuid():
        raise ProfileError(f"{home} belongs to another user (uid {found.st_uid})")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ProfileError(f"{home} is open to other users; run: chmod 700 {home}")
    if (home / FILE).exists():
        return read_profile(home)
    if (home / _VAULT).exists():
        raise ProfileError(
            f"{home / FILE} is gone, and a wallet lies beside it; restore it from a backup of this profile"
        )
    return None
