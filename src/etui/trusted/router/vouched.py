"""What lies in the clear and decides something, vouched for under the master key: an archive brings nothing more.

An operator's files and the records of what is installed are readable text, so whoever holds an archive can write into
it. ``vouched.json`` holds their digests, with a MAC by a key that only an unlocked wallet has. Rules:

1. At every unlock, and whenever something was installed or removed, it is written as they stand then. In a profile
   that is in use they are its user's, who may edit them.
2. A profile that was just restored bears the empty file ``restored``, which no archive can bring or take away. At its
   first unlock what is there is held against what was vouched for: a file more, or another one, or an operator's less
   keeps the wallet from opening, before any of them counts. Then the mark goes.
3. An Extension's files need no digest here: its record names the one that its publisher signed, and its key. Neither
   does ``extensions/supplied.json``: what it could name instead opens nothing (the vault binds keys to publishers).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import msgspec

from etui.sealing import derive
from etui.trusted.durable import replace_file, sync_folder
from etui.trusted.formats import DamagedFormatError, NewerFormatError, Readers, read_format

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "vouched.json"
RESTORED: Final = "restored"
FORMAT: Final = 1
_COVERED: Final = ("operator/*", "extensions/*/installation.json")
_LABEL: Final = "etui/vouched/1"


class VouchedError(Exception):
    """What is in the clear in a restored profile is not what it was when the archive was made, or cannot be told."""

    code = "vouched"


class Vouched(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``files``: SHA-256 in hexadecimal digits by path in the profile; ``mac``: HMAC-SHA-256 over them (32 bytes)."""

    format: int = FORMAT
    files: dict[str, str] = {}
    mac: bytes = b""


_READERS: Final[Readers[Vouched]] = {1: msgspec.json.Decoder(Vouched).decode}


def vouch(home: Path, key: bytes) -> None:
    """Vouches for what is in the clear as it stands now; raises ``OSError``, or ``VouchedError`` for a newer file.

    ``key``: of the profile's header.
    """
    found = _digests(home)
    new = Vouched(files=found, mac=_mac(found, key))
    with contextlib.suppress(DamagedFormatError, FileNotFoundError):
        if read_vouched(home) == new:
            return
    replace_file(home / FILE, msgspec.json.format(msgspec.json.encode(new)) + b"\n")


def check_restored(home: Path, key: bytes) -> None:
    """Raises ``VouchedError`` where a profile that was just restored has in the clear what was not vouched for."""
    if not (home / RESTORED).exists():
        return
    try:
        vouched = read_vouched(home)
    except FileNotFoundError:
        text = f"{home / FILE} was taken out of the archive, or an older version made it: restore another copy"
        raise VouchedError(
            f"{text}, or remove {home / RESTORED} if nobody else can have written into this one"
        ) from None
    except DamagedFormatError as error:
        raise VouchedError(f"{home / FILE} is damaged ({error}): restore another copy of the archive") from None
    if not hmac.compare_digest(vouched.mac, _mac(vouched.files, key)):
        raise VouchedError(f"{home / FILE} was altered in the archive: restore another copy of it")
    found = _digests(home)
    for path, digest in found.items():
        if vouched.files.get(path) != digest:
            text = f"{home / path} was put into the archive or altered there after it was made"
            raise VouchedError(f"{text}: restore another copy, or remove that file and unlock again")
    for path in vouched.files:
        if path not in found and path.startswith("operator/"):
            raise VouchedError(f"{home / path} was taken out of the archive: restore another copy of it")


def settle_restored(home: Path) -> None:
    """Takes the mark of a restored profile away, once what is in it has been held against what was vouched for."""
    if (home / RESTORED).exists():
        (home / RESTORED).unlink()
        sync_folder(home)


def read_vouched(home: Path) -> Vouched:
    """What was vouched for.

    Raises ``FileNotFoundError``, ``DamagedFormatError``, and ``VouchedError`` for a file of a newer version.
    """
    path = home / FILE
    try:
        return read_format(path.read_bytes(), _READERS)
    except NewerFormatError as error:
        raise VouchedError(f"{path} cannot be used: {error}") from None


def _digests(home: Path) -> dict[str, str]:
    """The files in the clear that decide something; one that cannot be read decides nothing."""
    found: dict[str, str] = {}
    for path in sorted(path for pattern in _COVERED for path in home.glob(pattern)):
        with contextlib.suppress(OSError):
            found[str(path.relative_to(home))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _mac(files: dict[str, str], key: bytes) -> bytes:
    return hmac.new(derive(key, _LABEL), msgspec.json.encode(files, order="sorted"), hashlib.sha256).digest()
