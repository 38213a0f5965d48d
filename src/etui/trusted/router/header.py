"""What the Router needs before the wallet is unlocked: a seal on the profile's header, and the device's looks.

The header (``trusted/profile.py``) is in the clear and authenticated at unlock, so that nobody turns a wallet into a
test profile. Picture, phrase and colour are sealed to a device key that lies beside them, outside the master key: they
are shown before unlocking. In a per-user install that key is readable by the user's programs, and so is what it seals.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

import msgspec

from etui.sealing import NewerRecordError, RecordKey, SealedRecordError
from etui.trusted.dialog.requests import Looks
from etui.trusted.durable import replace_file
from etui.trusted.profile import FILE

_HEADER_MAC: Final = "profile.mac"
_DEVICE_KEY: Final = Path("device", "key")
_LOOKS: Final = Path("device", "looks")
_PLACE: Final = b"etui/looks/1"
KEY_BYTES: Final = 32


class HeaderError(Exception):
    """The header was altered since the wallet was made."""

    code = "header"


class LooksError(Exception):
    """The looks do not open, and are not shown."""

    code = "looks"


class NewerLooksError(LooksError):
    """The looks were sealed by a newer version: they are not shown, and not replaced."""

    code = "newer_looks"


def seal_header(home: Path, key: bytes) -> None:
    """Authenticates the header as it stands now, at the wallet's making."""
    replace_file(home / _HEADER_MAC, _mac(home, key))


def check_header(home: Path, key: bytes) -> None:
    """Raises ``HeaderError`` where the header is not the one that the wallet was made with."""
    try:
        stored = (home / _HEADER_MAC).read_bytes()
    except FileNotFoundError:
        stored = b""
    if not hmac.compare_digest(stored, _mac(home, key)):
        msg = f"{home / FILE} or {_HEADER_MAC} beside it was altered since this wallet was made; put the originals back"
        raise HeaderError(msg)


def read_looks(home: Path) -> Looks | None:
    """Picture, phrase and colour; None where none were chosen yet.

    Raises ``LooksError`` where they do not open, ``NewerLooksError`` where a newer version sealed them.
    """
    key, looks = home / _DEVICE_KEY, home / _LOOKS
    if not key.exists() or not looks.exists():
        return None
    try:
        return msgspec.json.decode(RecordKey(key.read_bytes()).open(looks.read_bytes(), _PLACE), type=Looks)
    except NewerRecordError as error:
        raise NewerLooksError(f"picture and phrase are not shown, since {looks}: {error}") from None
    except (OSError, SealedRecordError, msgspec.DecodeError, ValueError):
        raise LooksError(
            f"picture and phrase are not shown, since {looks} does not open by {key.name} beside it, and one of the two"
            " is damaged: restore both from a backup, or choose new ones with `etui appearance`"
        ) from None


def write_looks(home: Path, looks: Looks) -> None:
    """Seals picture, phrase and colour to the device's key, which is made at first use."""
    (home / _LOOKS).parent.mkdir(mode=0o700, exist_ok=True)
    path = home / _DEVICE_KEY
    if not path.exists() or path.stat().st_size != KEY_BYTES:
        replace_file(path, secrets.token_bytes(KEY_BYTES))
    replace_file(home / _LOOKS, RecordKey(path.read_bytes()).seal(msgspec.json.encode(looks), _PLACE))


def _mac(home: Path, key: bytes) -> bytes:
    return hmac.new(key, (home / FILE).read_bytes(), hashlib.sha256).digest()
