"""The PIN, which confirms again while the vault is open: what it is compared with, and its tries.

Rules:

1. It opens nothing. The file ``pin`` is sealed under a key of the master key, so that a PIN can be tried in an open
   vault alone; a copied disk tells nothing of it.
2. A try is counted, and the count is on the disk, *before* the PIN is compared. Five wrong ones in a row block it. This
   process counts too: an older copy of the file that is put in its place takes no try back.
3. A right passphrase or recovery key frees it, and a right PIN clears the count. Nothing else does.
4. Without the file there is no PIN, and the passphrase is asked instead: whoever removes the file gains nothing. A file
   that does not open counts as none, and says so where the wallet runs; one of a newer version is left as it is.

Source of the number of tries: a card's PIN is blocked after 3 to 5 (EMV Book 3, section 6.5.12).
"""

from __future__ import annotations

import contextlib
import hmac
import sys
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from etui.sealing import NewerRecordError, RecordKey, SealedRecordError, Secret, derive
from etui.sealing.pin import PinTextError, prepared_new_pin, prepared_pin
from etui.trusted import formats
from etui.trusted.formats import Readers, read_format
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import NewerFormatError, NoPinError, PinBlockedError, UnfitPinError, WrongPinError

PIN_FILE: Final = "pin"
PIN_TRIES: Final = 5
_FORMAT: Final = 1


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    digest: Annotated[bytes, Meta(min_length=32, max_length=32)]
    wrong: Annotated[int, Meta(ge=0, le=PIN_TRIES)]


class _Format1(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    pin: _Kept


def _read_format_1(text: bytes) -> _Kept:
    return msgspec.json.decode(text, type=_Format1).pin


_READERS: Final[Readers[_Kept]] = {1: _read_format_1}


def require_fit_pin(new: Secret) -> None:
    """Raise ``UnfitPinError`` for what must not become the PIN of a wallet."""
    try:
        prepared_new_pin(new)
    except PinTextError as error:
        raise UnfitPinError(str(error)) from None


class Pin:
    """The PIN of one open vault; ``directory`` must be held by this process."""

    def __init__(self, master: bytes, profile: str, directory: VaultDirectory) -> None:
        self._sealing = RecordKey(derive(master, "etui/vault/pin/1"))
        self._comparing = derive(master, "etui/vault/pin-digest/1")
        self._place = msgspec.json.encode(["etui/pin/1", profile])
        self._directory = directory
        self._wrong = 0
        """As counted here: an older copy of the file in its place takes no try back."""

    def tries_left(self) -> int | None:
        """How many PINs may still be tried, 0 where it is blocked; nothing without a PIN; raises as ``check``."""
        kept = self._read()
        return None if kept is None else PIN_TRIES - max(kept.wrong, self._wrong)

    def set(self, pin: Secret) -> None:
        """Confirm by ``pin`` from now on, durably; raises ``UnfitPinError``, ``NewerFormatError``, ``StorageError``."""
        require_fit_pin(pin)
        self._read()
        self._write(_Kept(self._digest(pin), 0))
        self._wrong = 0

    def remove(self) -> None:
        """Have no PIN from now on, durably; nothing happens if there is none.

        Raises ``NewerFormatError``, ``StorageError``.
        """
        self._read()
        self._directory.destroy(PIN_FILE)

    def check(self, pin: Secret) -> None:
        """Return where ``pin`` is right; what is no PIN at all is refused without a try.

        Raises ``UnfitPinError``, ``NoPinError``, ``WrongPinError``, ``PinBlockedError``, ``NewerFormatError`` or
        ``StorageError``.
        """
        try:
            typed = prepared_pin(pin)
        except PinTextError as error:
            raise UnfitPinError(str(error)) from None
        kept = self._read()
        if kept is None:
            raise NoPinError
        before = max(kept.wrong, self._wrong)
        if before >= PIN_TRIES:
            raise PinBlockedError
        self._wrong = before + 1
        counted = _Kept(kept.digest, self._wrong)
        self._write(counted)
        if hmac.compare_digest(kept.digest, self._digest(typed)):
            self._write(_Kept(kept.digest, 0))
            self._wrong = 0
        elif counted.wrong >= PIN_TRIES:
            raise PinBlockedError
        else:
            raise WrongPinError(PIN_TRIES - counted.wrong)

    def free(self) -> None:
        """Forget the wrong tries: the passphrase or the recovery key was right. Raises ``StorageError``."""
        self._wrong = 0
        kept = None
        with contextlib.suppress(NewerFormatError):
            kept = self._read()
        if kept is not None and kept.wrong:
            self._write(_Kept(kept.digest, 0))

    def _digest(self, pin: Secret) -> bytes:
        return hmac.digest(self._comparing, pin.reveal(), "sha256")

    def _read(self) -> _Kept | None:
        """What is kept, or nothing where there is no PIN or its file does not open (rule 4).

        Raises ``NewerFormatError`` and ``StorageError``.
        """
        sealed = self._directory.read(PIN_FILE)
        if sealed is None:
            return None
        try:
            return read_format(self._sealing.open(sealed, self._place), _READERS)
        except (NewerRecordError, formats.NewerFormatError) as error:
            raise NewerFormatError(f"the PIN cannot be used: {error}") from None
        except (SealedRecordError, formats.DamagedFormatError) as error:
            sys.stderr.write(f"vault: the PIN cannot be used ({error}); `etui pin` sets a new one\n")
            return None

    def _write(self, kept: _Kept) -> None:
        self._directory.write(PIN_FILE, self._sealing.seal(msgspec.json.encode(_Format1(_FORMAT, kept)), self._place))
