"""The TPM as the vault uses it: it seals under a PIN, counts wrong ones, and keeps an anchor that no disk sets back.

Rules:

1. Every command that carries or gives a secret goes in a session that only the TPM's own storage key can hold up
   (``standards.tpm2.sessions``). The key's name is pinned by whoever kept something here: another TPM, or this one
   after it was cleared, is told from it before anything is sent.
2. The TPM counts wrong PINs, on itself, and takes none while it is locked out. That counts only if nobody can undo it:
   nothing is sealed by a TPM whose lock-out has no authorization of its own, which anybody who starts the machine could
   reset, or whose lock-out is switched off or shorter than ``LEAST_INTERVAL_S``.
3. Nothing is left in the TPM after a use but an anchor.

Source: TCG TPM 2.0 Library, Part 1 (Architecture), section 19.8 "Dictionary Attack Protection".
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from etui.sealing import Secret
from etui.sealing.slots import TpmSealed
from etui.standards import tpm2
from etui.trusted.vault.errors import TpmLockedOutError, TpmUnusableError, WrongUnlockPinError
from etui.trusted.vault.transport import Transport

LEAST_INTERVAL_S: Final = 60
MOST_TRIES: Final = 100
_MOST_ATTEMPTS: Final = 50
_AGAIN_S: Final = 0.1
_LOCKOUT_AUTH_SET: Final = 1 << 2
_PROPERTIES: Final = tpm2.Property.LOCKOUT_RECOVERY - tpm2.Property.PERMANENT + 1
PASSPHRASE_OPENS: Final = "the passphrase opens the wallet as before"  # noqa: S105  words


class Counting(Struct, frozen=True):
    """How the TPM counts wrong tries, of this wallet and of every other use that counts.

    ``wrong`` of ``limit`` now; it forgets one every ``interval_s`` seconds. ``guarded``: resetting it takes an
    authorization.
    """

    wrong: int
    limit: int
    interval_s: int
    guarded: bool

    @property
    def left(self) -> int:
        """How many wrong tries it still takes."""
        return max(0, self.limit - self.wrong)


class Chip:
    """A TPM, for as long as it is open; made by ``open_chip``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._loaded: list[int] = []

    def begin(self) -> None:
        """Make the storage key, and agree on a session with it."""
        made = self._send(tpm2.create_primary().encode(tpm2.password()), tpm2.create_primary())
        self._loaded.append(made.handle)
        public = tpm2.Reader(made.parameters).sized()
        self.storage_key = tpm2.name_of(public)
        """The name (34 bytes) of its storage key: of this TPM, until it is cleared."""
        self._parent = tpm2.Handle(made.handle, self.storage_key)
        beginning = tpm2.Beginning(self._parent, tpm2.storage_point(public))
        self._session = beginning.begun(transmit(self._transport, beginning.command.encode()))
        self._loaded.append(self._session.handle)

    def counting(self) -> Counting:
        """How it counts wrong tries now."""
        command = tpm2.get_properties(tpm2.Property.PERMANENT, _PROPERTIES)
        found = tpm2.read_properties(self._run(command).parameters)
        try:
            return Counting(
                found[tpm2.Property.LOCKOUT_COUNTER],
                found[tpm2.Property.MAX_AUTH_FAIL],
                found[tpm2.Property.LOCKOUT_INTERVAL],
                bool(found[tpm2.Property.PERMANENT] & _LOCKOUT_AUTH_SET),
            )
        except KeyError:
            raise tpm2.TpmMessageError("the TPM does not tell how it counts wrong tries") from None

    def seal(self, auth: Secret, data: Secret) -> TpmSealed:
        """``data`` (at most 128 bytes), which this TPM gives for ``auth`` (32 bytes) alone.

        Raises ``TpmUnusableError`` where its count of wrong tries guards nothing (rule 2).
        """
        require_guarding(self.counting())
        answer = self._run(tpm2.create_sealed(self._parent, auth.reveal(), data.reveal()))
        reader = tpm2.Reader(answer.parameters)
        private, public = reader.sized(), reader.sized()
        if not tpm2.is_sealed_value(public):
            raise tpm2.TpmMessageError("the TPM sealed otherwise than it was asked to")
        return TpmSealed(self.storage_key, public, private)

    def unseal(self, sealed: TpmSealed, auth: Secret) -> Secret:
        """What was sealed, for the right ``auth``; the TPM counts a wrong one before it answers.

        Raises ``WrongUnlockPinError``, ``TpmLockedOutError``, and ``TpmUnusableError`` where another TPM sealed it.
        """
        require_same(self.storage_key, sealed)
        loaded = self._run(tpm2.load(self._parent, sealed.private, sealed.public))
        self._loaded.append(loaded.handle)
        item = tpm2.Handle(loaded.handle, tpm2.name_of(sealed.public))
        try:
            answer = self._run(tpm2.unseal(item), auth)
        except tpm2.TpmRefusedError as error:
            match error.what:
                case tpm2.Code.AUTH_FAIL:
                    counting = self.counting()
                    raise (WrongUnlockPinError(counting.left) if counting.left else locked_out(counting)) from None
                case tpm2.Code.LOCKOUT:
                    raise locked_out(self.counting()) from None
            raise
        return Secret(tpm2.Reader(answer.parameters).sized())

    def nv_define(self, index: tpm2.NvIndex, auth: Secret) -> None:
        """Make an NV index under ``auth``, which is encrypted on its way."""
        self._run(tpm2.nv_define(index, auth.reveal()))

    def nv_undefine(self, index: tpm2.NvIndex) -> None:
        """Remove an NV index."""
        self._run(tpm2.nv_undefine(index))

    def nv_write(self, index: tpm2.NvIndex, auth: Secret, content: bytes) -> None:
        """Write all of an NV index."""
        with _own_index():
            self._run(tpm2.nv_write(index, content), auth)

    def nv_read(self, index: tpm2.NvIndex, auth: Secret) -> bytes:
        """All of an NV index."""
        with _own_index():
            return tpm2.Reader(self._run(tpm2.nv_read(index), auth).parameters).sized()

    def close(self) -> None:
        """Have the TPM forget what was loaded."""
        for handle in reversed(self._loaded):
            with suppress(tpm2.TpmRefusedError, tpm2.TpmMessageError, TpmUnusableError):
                command = tpm2.flush(handle)
                self._send(command.encode(), command)
        self._loaded.clear()

    def _run(self, command: tpm2.Command, auth: Secret | None = None) -> tpm2.Answer:
        """The answer to a command in the session."""
        value = b"" if auth is None else auth.reveal()
        message = transmit(self._transport, self._session.encode(command, value))
        return self._session.read(command, message, value)

    def _send(self, message: bytes, command: tpm2.Command) -> tpm2.Answer:
        return tpm2.read_answer(command, transmit(self._transport, message))


@contextmanager
def _own_index() -> Iterator[None]:
    """What the TPM says of an index whose authorization is another one."""
    try:
        yield
    except tpm2.TpmRefusedError as error:
        if error.what in {tpm2.Code.BAD_AUTH, tpm2.Code.AUTH_FAIL}:
            raise TpmUnusableError("somebody else made the anchor that is in the TPM now") from None
        raise


def transmit(transport: Transport, message: bytes) -> bytes:
    """What comes back; a TPM that is busy was not asked, and is asked again."""
    answer = b""
    for _ in range(_MOST_ATTEMPTS):
        answer = transport.transmit(message)
        if len(answer) < tpm2.HEADER_BYTES or int.from_bytes(answer[6:10], "big") not in tpm2.AGAIN:
            break
        time.sleep(_AGAIN_S)
    return answer


@contextmanager
def open_chip(path: Path) -> Iterator[Chip]:
    """The TPM at ``path``: a device, or the socket of a software TPM.

    Raises ``TpmUnusableError`` where there is none that can be used, or where it refuses.
    """
    with open_transport(path) as transport:
        chip = Chip(transport)
        try:
            chip.begin()
            yield chip
        finally:
            chip.close()


@contextmanager
def open_transport(path: Path) -> Iterator[Transport]:
    """The way to the TPM at ``path``; what the TPM refuses within is raised as ``TpmUnusableError``."""
    transport = Transport(path)
    try:
        yield transport
    except tpm2.TpmRefusedError as error:
        raise TpmUnusableError(_refusal(error)) from None
    except tpm2.TpmMessageError as error:
        raise TpmUnusableError(f"the TPM at {path} cannot be relied on: {error}; {PASSPHRASE_OPENS}") from None
    finally:
        transport.close()


def require_same(storage_key: bytes, sealed: TpmSealed) -> None:
    """Raise ``TpmUnusableError`` where another TPM than this one sealed it, or this one before it was cleared."""
    if storage_key != sealed.storage_key:
        raise TpmUnusableError(
            "the PIN for unlocking was set with another TPM, or with this one before it was cleared: "
            f"{PASSPHRASE_OPENS}, and `etui pin --unlock` sets a PIN anew"
        )


def require_guarding(counting: Counting) -> None:
    """Raise ``TpmUnusableError`` where the TPM's count of wrong tries would not keep anybody from guessing a PIN."""
    if not counting.guarded:
        raise TpmUnusableError(
            "the TPM's count of wrong PINs guards nothing yet, since anybody who starts this machine may reset it: "
            "give its lock-out an authorization, as root, with `tpm2_changeauth -c lockout NEW` (package tpm2-tools), "
            "and keep that"
        )
    if counting.limit > MOST_TRIES or counting.interval_s < LEAST_INTERVAL_S:
        raise TpmUnusableError(
            f"the TPM takes {counting.limit} wrong PINs and forgets one every {counting.interval_s} s, which keeps "
            f"nobody from guessing: at most {MOST_TRIES} and at least {LEAST_INTERVAL_S} s are needed, as root with "
            "`tpm2_dictionarylockout --setup-parameters` (package tpm2-tools)"
        )


def locked_out(counting: Counting) -> TpmLockedOutError:
    """What to say where the TPM takes no PIN."""
    return TpmLockedOutError(counting.interval_s)


def _refusal(error: tpm2.TpmRefusedError) -> str:
    match error.what:
        case tpm2.Code.BAD_AUTH | tpm2.Code.AUTH_FAIL:
            return f"the TPM's owner has an authorization, without which this wallet cannot use it; {PASSPHRASE_OPENS}"
        case tpm2.Code.NV_SPACE:
            return "the TPM has no room for an anchor"
        case tpm2.Code.LOCKOUT:
            return f"the TPM is locked out after too many wrong tries; {PASSPHRASE_OPENS}"
        case tpm2.Code.INTEGRITY:
            return f"what the TPM sealed was altered, or another TPM sealed it: {PASSPHRASE_OPENS}"
    return f"{error}; {PASSPHRASE_OPENS}"
