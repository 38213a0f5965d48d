"""Key slots: the ways to the master key, each of which wraps the same 32 bytes.

Rules:

1. A slot wraps the master key as a sealed record. Its place (the associated data) is the slot's kind and id
   and the profile's id, so that a slot that was moved to another profile, or renamed, does not open.
2. A passphrase goes through Argon2id with the parameters that stand in the slot. They are never below the
   second recommended option of RFC 9106: a file that says less is refused, whoever wrote it.
3. A PIN opens nothing without the TPM that sealed a random part of the key under it: what the file holds of it is
   useless elsewhere, and the TPM counts the tries. Beside that part the key takes the PIN through Argon2id, so that
   who reads the TPM's own memory still has to guess, as dearly as a passphrase.
4. A recovery key is 160 random bits; HKDF-SHA256 suffices, since there is nothing to guess.
5. A slot of a kind that this version does not know is carried byte for byte and opens nothing. A file of a
   newer *format* is refused as a whole and never rewritten.
6. The file is one JSON object with its members in order, ``{"format":1,"profile":…,"slots":[…]}``. Each
   format that was ever published has its reader in ``_READERS``; each returns today's values, and the next
   write is of today's format.

Nothing here counts tries: that is the task of whoever keeps the file. Extensions need no slots and import the
face of this room at each start, so that it leaves this module out: it is imported by its own name.

Source: RFC 9106 (Argon2), section 4; RFC 5869 (HKDF).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Annotated, ClassVar, Final, Self

import msgspec
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from msgspec import Meta, Struct

from etui.sealing.passphrase import prepared
from etui.sealing.pin import prepared_pin
from etui.sealing.records import KEY_BYTES, NONCE_BYTES, TAG_BYTES, RecordKey, SealedRecordError, derive
from etui.sealing.recovery import recovery_key
from etui.sealing.secret import Secret

FORMAT: Final = 1
MAX_SLOTS: Final = 16
SALT_BYTES: Final = 16
TPM_NAME_BYTES: Final = 34
TPM_AUTH_BYTES: Final = 32
_MAX_TPM_BYTES: Final = 1024
_WRAPPED_BYTES: Final = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES

SlotId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
ProfileId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Salt = Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
Wrapped = Annotated[bytes, Meta(min_length=_WRAPPED_BYTES, max_length=_WRAPPED_BYTES)]
_TpmName = Annotated[bytes, Meta(min_length=TPM_NAME_BYTES, max_length=TPM_NAME_BYTES)]
_TpmPart = Annotated[bytes, Meta(min_length=1, max_length=_MAX_TPM_BYTES)]


class WrongKeyError(Exception):
    """A slot did not open: wrong passphrase or recovery key, or the slot was altered or moved."""

    code = "wrong_key"


class SlotFileError(Exception):
    """The text is no file of key slots; the message says where it breaks."""

    code = "slot_file"


class NewerSlotFileError(SlotFileError):
    """The file was written by a newer version, in a format that this one does not know."""

    code = "newer_slot_file"


class Argon2Parameters(Struct, frozen=True, forbid_unknown_fields=True):
    """What a guess costs: passes, memory in KiB, lanes; version 1.3 of Argon2id, 32 bytes out.

    The lower bounds are the floor of rule 2, the upper ones keep a damaged file from exhausting the machine.
    """

    time_cost: Annotated[int, Meta(ge=3, le=64)]
    memory_kib: Annotated[int, Meta(ge=64 * 1024, le=4 * 1024 * 1024)]
    lanes: Annotated[int, Meta(ge=1, le=16)]


RECOMMENDED: Final = Argon2Parameters(time_cost=3, memory_kib=64 * 1024, lanes=4)
"""RFC 9106, section 4: the second recommended option."""


class PassphraseSlot(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="passphrase"):
    """The master key wrapped by a passphrase."""

    KIND: ClassVar[str] = "passphrase"

    id: SlotId
    argon2id: Argon2Parameters
    salt: Salt
    wrapped: Wrapped

    @classmethod
    def wrap(cls, master: Secret, passphrase: Secret, profile: str) -> Self:
        """A new slot for ``master`` (32 bytes); raises ``PassphraseTextError`` for what is no passphrase."""
        slot_id, salt = secrets.token_hex(8), os.urandom(SALT_BYTES)
        key = _argon2id(passphrase, salt, RECOMMENDED)
        wrapped = key.seal(master.reveal(), place(cls.KIND, slot_id, profile))
        return cls(slot_id, RECOMMENDED, salt, wrapped)

    def unwrap(self, passphrase: Secret, profile: str) -> Secret:
        """The master key; raises ``WrongKeyError``, or ``PassphraseTextError`` for what is no passphrase."""
        key = _argon2id(passphrase, self.salt, self.argon2id)
        return opened(key, self.wrapped, place(self.KIND, self.id, profile))

    def __str__(self) -> str:
        return "passphrase slot"


class RecoverySlot(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="recovery"):
    """The master key wrapped by a printable recovery key."""

    KIND: ClassVar[str] = "recovery"

    id: SlotId
    wrapped: Wrapped

    @classmethod
    def wrap(cls, master: Secret, text: Secret, profile: str) -> Self:
        """A new slot for ``master`` (32 bytes); raises ``RecoveryTypoError`` for what is no recovery key."""
        slot_id = secrets.token_hex(8)
        wrapped = _recovery(text).seal(master.reveal(), place(cls.KIND, slot_id, profile))
        return cls(slot_id, wrapped)

    def unwrap(self, text: Secret, profile: str) -> Secret:
        """The master key; raises ``WrongKeyError``, or ``RecoveryTypoError`` for what is no recovery key."""
        return opened(_recovery(text), self.wrapped, place(self.KIND, self.id, profile))

    def __str__(self) -> str:
        return "recovery slot"


class TpmSealed(Struct, frozen=True, forbid_unknown_fields=True):
    """What one TPM sealed, and gives for an authorization value alone.

    ``storage_key``: the name of the key under which it did, which no other TPM has, nor this one after it was cleared.
    ``public``, ``private``: the object, as the TPM gave it.
    """

    storage_key: _TpmName
    public: _TpmPart
    private: _TpmPart


class TpmPinSlot(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="tpm_pin"):
    """The master key wrapped by a PIN and a TPM together."""

    KIND: ClassVar[str] = "tpm_pin"

    id: SlotId
    argon2id: Argon2Parameters
    salt: Salt
    sealed: TpmSealed
    wrapped: Wrapped

    @classmethod
    def wrap(cls, master: Secret, pin: Secret, profile: str, seal: Callable[[Secret, Secret], TpmSealed]) -> Self:
        """A new slot for ``master`` (32 bytes).

        ``seal``: has the TPM seal, under an authorization value (32 bytes), a secret (32 bytes). Raises what it raises,
        and ``PinTextError`` for what is no PIN.
        """
        slot_id, salt, part = secrets.token_hex(8), os.urandom(SALT_BYTES), Secret(os.urandom(KEY_BYTES))
        auth, guessed = _of_pin(pin, salt, RECOMMENDED)
        sealed = seal(auth, part)
        wrapped = _tpm_pin(part, guessed).seal(master.reveal(), place(cls.KIND, slot_id, profile))
        return cls(slot_id, RECOMMENDED, salt, sealed, wrapped)

    def unwrap(self, pin: Secret, profile: str, unseal: Callable[[TpmSealed, Secret], Secret]) -> Secret:
        """The master key.

        ``unseal``: has the TPM give what it sealed for an authorization value. Raises what it raises, ``WrongKeyError``
        where the slot was altered, ``PinTextError`` for what is no PIN.
        """
        auth, guessed = _of_pin(pin, self.salt, self.argon2id)
        key = _tpm_pin(unseal(self.sealed, auth), guessed)
        return opened(key, self.wrapped, place(self.KIND, self.id, profile))

    def __str__(self) -> str:
        return "slot of a PIN and a TPM"


class NewerSlot(Struct, frozen=True):
    """A slot of a newer kind: kept as ``text``, the very bytes of the file, and opened by nothing here."""

    kind: str
    id: str
    text: bytes

    def __str__(self) -> str:
        return f"slot of a newer kind ({self.kind})"


KnownSlot = PassphraseSlot | RecoverySlot | TpmPinSlot
KeySlot = KnownSlot | NewerSlot


class SlotFile(Struct, frozen=True):
    """All slots of one profile."""

    profile: str
    slots: tuple[KeySlot, ...]

    @property
    def passphrases(self) -> tuple[PassphraseSlot, ...]:
        """The slots that a passphrase may open."""
        return tuple(slot for slot in self.slots if isinstance(slot, PassphraseSlot))

    @property
    def recoveries(self) -> tuple[RecoverySlot, ...]:
        """The slots that a recovery key may open."""
        return tuple(slot for slot in self.slots if isinstance(slot, RecoverySlot))

    @property
    def tpm_pins(self) -> tuple[TpmPinSlot, ...]:
        """The slots that a PIN opens with a TPM."""
        return tuple(slot for slot in self.slots if isinstance(slot, TpmPinSlot))

    def without_tpm_pins(self) -> SlotFile:
        """The file without the slots that a PIN opens."""
        return SlotFile(self.profile, tuple(slot for slot in self.slots if not isinstance(slot, TpmPinSlot)))

    def replacing(self, new: KnownSlot) -> SlotFile:
        """The file with ``new`` in the place of every slot of its kind; slots of other kinds stay."""
        others = (slot for slot in self.slots if not isinstance(slot, type(new)))
        return SlotFile(self.profile, (new, *others))

    def encode(self) -> bytes:
        """The file's text, in today's format."""
        texts = [slot.text if isinstance(slot, NewerSlot) else _JSON.encode(slot) for slot in self.slots]
        return _JSON.encode(_Format1(FORMAT, self.profile, [msgspec.Raw(text) for text in texts])) + b"\n"


class _Head(Struct, frozen=True):
    format: Annotated[int, Meta(ge=0)]


class _SlotHead(Struct, frozen=True):
    kind: Kind
    id: SlotId


class _Format1(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    profile: ProfileId
    slots: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_SLOTS)]


_JSON: Final = msgspec.json.Encoder(order="sorted")
_KNOWN: Final[msgspec.json.Decoder[KnownSlot]] = msgspec.json.Decoder(KnownSlot)
_KINDS: Final = frozenset({PassphraseSlot.KIND, RecoverySlot.KIND, TpmPinSlot.KIND})


def decode_slot_file(text: bytes) -> SlotFile:
    """The slots in ``text``, whichever published format it has.

    Raises ``NewerSlotFileError`` for a format that is not known yet, ``SlotFileError`` for what is no slot
    file.
    """
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.format > FORMAT:
            raise NewerSlotFileError(
                f"the key slots have format {head.format}, written by a newer version; this one reads up to"
                f" format {FORMAT}"
            )
        reader = _READERS.get(head.format)
        if reader is None:
            raise SlotFileError(f"the key slots cannot be read: there never was a format {head.format}")
        file = reader(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SlotFileError(f"the key slots cannot be read: {error}") from None
    except RecursionError:
        raise SlotFileError("the key slots cannot be read: nested too deeply") from None
    if len({slot.id for slot in file.slots}) != len(file.slots):
        raise SlotFileError("the key slots cannot be read: two slots have the same id")
    return file


def _read_format_1(text: bytes) -> SlotFile:
    file = msgspec.json.decode(text, type=_Format1)
    return SlotFile(file.profile, tuple(_read_slot(bytes(raw)) for raw in file.slots))


def _read_slot(text: bytes) -> KeySlot:
    head = msgspec.json.decode(text, type=_SlotHead)
    if head.kind in _KINDS:
        return _KNOWN.decode(text)
    msgspec.json.decode(text)  # what is carried must at least be JSON
    return NewerSlot(head.kind, head.id, text)


_READERS: Final[dict[int, Callable[[bytes], SlotFile]]] = {1: _read_format_1}


def stretched(typed: Secret, salt: bytes, parameters: Argon2Parameters, size: int = KEY_BYTES) -> Secret:
    """What Argon2id makes of what was typed: ``size`` bytes."""
    return Secret(
        hash_secret_raw(
            typed.reveal(),
            salt,
            time_cost=parameters.time_cost,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.lanes,
            hash_len=size,
            type=Type.ID,
            version=ARGON2_VERSION,
        )
    )


def _argon2id(passphrase: Secret, salt: bytes, parameters: Argon2Parameters) -> RecordKey:
    return RecordKey(stretched(prepared(passphrase), salt, parameters).reveal())


def _of_pin(pin: Secret, salt: bytes, parameters: Argon2Parameters) -> tuple[Secret, Secret]:
    """The authorization value by which the TPM knows the PIN, and the part of the key that only the PIN gives."""
    made = stretched(prepared_pin(pin), salt, parameters, TPM_AUTH_BYTES + KEY_BYTES).reveal()
    return Secret(made[:TPM_AUTH_BYTES]), Secret(made[TPM_AUTH_BYTES:])


def _tpm_pin(part: Secret, guessed: Secret) -> RecordKey:
    return RecordKey(derive(part.reveal() + guessed.reveal(), "etui/slot/tpm_pin/1"))


def _recovery(text: Secret) -> RecordKey:
    return RecordKey(derive(recovery_key(text).reveal(), "etui/slot/recovery/1"))


def opened(key: RecordKey, wrapped: bytes, at: bytes) -> Secret:
    """The master key in a slot's sealed record; raises ``WrongKeyError``. ``at``: the slot's place."""
    try:
        return Secret(key.open(wrapped, at))
    except SealedRecordError:
        raise WrongKeyError("the key slot did not open") from None


def place(kind: str, slot_id: str, profile: str) -> bytes:
    """The place of a slot (rule 1)."""
    return msgspec.json.encode(["etui/slot/1", kind, slot_id, profile])
