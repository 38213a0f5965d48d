"""What the Router needs before the wallet is unlocked: a seal on the profile's header, and the device's looks.

The header (``trusted/profile.py``) is in the clear and authenticated at unlock, so that nobody turns a wallet into a
test profile. Picture, phrase and colour are sealed to a device key that lies beside them, outside the master key: they
are shown before unlocking. In a per-user install that key is readable by the user's programs, and so is what it seals.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from etui.sealing import NewerRecordError, RecordKey, SealedRecordError
from etui.trusted.dialog.requests import Looks
from etui.trusted.durable import replace_file
from etui.trusted.profile import FILE

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_MAC: Final = "profile.mac"
_PLACE: Final = b"etui/looks/1"


class HeaderError(Exception):
    """The header was altered since the wallet was made."""

    code = "header"


class LooksError(Exception):
    """The looks were sealed by a newer version: they are not shown, and not replaced."""

    code = "looks"


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
        msg = f"{home / FILE} was altered since this wallet was made; put the original back"
        raise HeaderError(msg)


def read_looks(home: Path) -> Looks | None:
    """Picture, phrase and colour; None where none were chosen yet or they do not open.

    Raises ``LooksError`` where a newer version sealed them.
    """
    try:
        key = (home / "device" / "key").read_bytes()
        sealed = (home / "device" / "looks").read_bytes()
        return msgspec.json.decode(RecordKey(key).open(sealed, _PLACE), type=Looks)
    except NewerRecordError as error:
        raise LooksError(f"picture and phrase are not shown, since {home / 'device' / 'looks'}: {error}") from None
    except (FileNotFoundError, SealedRecordError, msgspec.DecodeError, ValueError):
        return None


def write_looks(home: Path, looks: Looks) -> None:
    """Seals picture, phrase and colour to the device's key, which is made at first use."""
    folder = home / "device"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "key"
    if not path.exists():
        replace_file(path, secrets.token_bytes(32))
    replace_file(folder / "looks", RecordKey(path.read_bytes()).seal(msgspec.json.encode(looks), _PLACE))


def _mac(home: Path, key: bytes) -> bytes:
    return hmac.new(key, (home / FILE).read_bytes(), hashlib.sha256).digest()
