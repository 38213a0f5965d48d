"""The profile's header, ``profile.json``: its id, its format, and whether it is a test profile.

A test profile may be created and unlocked by a scripted dialog and may map host names to the loopback. Its header says
so in the clear; the Router authenticates the header at unlock (``router/header.py``), and every face shows it.
Supervisor, Router and egress read it here; the supervisor alone writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.trusted.formats import DamagedFormatError, NewerFormatError, Readers, read_format

FILE: Final = "profile.json"
FORMAT: Final = 1

_Port = Annotated[int, Meta(ge=1, le=65_535)]


class ProfileError(Exception):
    """The profile cannot be used: its folder is not private, or its header is missing, damaged or newer."""

    code = "profile"


class TestProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only a test profile may do.

    ``hosts``: names under ``etui.test`` and their loopback ports. ``ca``: a file in the profile whose certificates
    vouch for them. ``idle_s``: after how many seconds an unused Extension is stopped, 0 for as elsewhere.
    ``tpm``: the socket of a TPM in software that takes the place of the machine's.
    ``hesitation_s``: after how many seconds a page is answered whose request an adviser stopped; as elsewhere without.
    """

    __test__ = False

    hosts: dict[str, _Port] = {}
    ca: str = ""
    tpm: str = ""
    idle_s: Annotated[int, Meta(ge=0)] = 0
    hesitation_s: Annotated[float, Meta(ge=0, le=60)] | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The header."""

    format: int = FORMAT
    id: str
    test: TestProfile | None = None


_READERS: Final[Readers[Profile]] = {1: msgspec.json.Decoder(Profile).decode}


def read_profile(home: Path) -> Profile:
    """The header of the profile in ``home``; raises ``ProfileError``."""
    path = home / FILE
    try:
        return read_format(path.read_bytes(), _READERS)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error.strerror}; ETUI_HOME names another profile") from None
    except NewerFormatError as error:
        raise ProfileError(f"{path} cannot be used: {error}") from None
    except DamagedFormatError as error:
        text = f"{path} is not a profile's header ({error}); restore it from a backup of this profile"
        raise ProfileError(text) from None
