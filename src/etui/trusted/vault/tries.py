"""Wrong passphrases: how many there were, how long to wait, when it ends.

Rules:

1. A try is counted, and the count is on the disk, *before* the passphrase is checked. Whoever kills the process
   between check and answer has used up the try.
2. Two mistakes are free. Then each wrong try doubles the wait: 1 s after the third, 2 s, 4 s, … up to 15 minutes.
3. After 30 wrong tries no passphrase is checked any more; the recovery key opens the wallet. That is at least four
   and a half hours of trying, and against a passphrase of the required length 30 guesses are nothing.
4. Waits are measured in time that nobody can set (``moment``). A restart does not shorten one: what counts then is
   the age of the new boot.
5. The count is cleared by a success and by nothing else. Where it is lost or damaged it is *unknown*: it then
   stands at the first try that costs a minute, and that is written down at once, so that asking again does not
   start the wait again.
6. A try that comes too early is refused and not counted, since nothing was checked.

This guards the dialog, not the disk: who copies the files guesses elsewhere, against Argon2id alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from etui.trusted import formats
from etui.trusted.formats import Readers, read_format
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import LockedOutError, NewerFormatError, SlowDownError, WrongPassphraseError
from etui.trusted.vault.moment import Moment, this_moment

LIMIT: Final = 30
FREE_TRIES: Final = 2
LONGEST_WAIT_S: Final = 15 * 60
ASSUMED_WHEN_UNKNOWN: Final = 9
TRIES_FILE: Final = "tries"


def wait_after_s(wrong: int) -> int:
    """Whole seconds from the ``wrong``-th wrong try (0 to ``LIMIT``) to the next one that is checked."""
    if wrong <= FREE_TRIES:
        return 0
    return min(1 << (wrong - FREE_TRIES - 1), LONGEST_WAIT_S)


class Allowed(Struct, frozen=True):
    """A passphrase may be checked now."""

    tries_left: int


class SlowDown(Struct, frozen=True):
    """A passphrase may be checked in ``wait_s`` seconds (at least 1)."""

    tries_left: int
    wait_s: int


class LockedOut(Struct, frozen=True):
    """No passphrase is checked any more."""


Verdict = Allowed | SlowDown | LockedOut


class Tries(Struct, frozen=True, forbid_unknown_fields=True):
    """The wrong tries since the last success, and the moment of the last one."""

    wrong: Annotated[int, Meta(ge=0, le=LIMIT)]
    last: Moment
    assumed: bool
    """The true count was lost; ``wrong`` is what is assumed in its place."""

    @classmethod
    def none(cls, now: Moment) -> Tries:
        """After a success."""
        return cls(0, now, assumed=False)

    @classmethod
    def unknown(cls, now: Moment) -> Tries:
        """Where the count was lost."""
        return cls(ASSUMED_WHEN_UNKNOWN, now, assumed=True)

    def counted(self, now: Moment) -> Tries:
        """With one more, checked at ``now``."""
        return Tries(min(self.wrong + 1, LIMIT), now, self.assumed)

    def verdict(self, now: Moment) -> Verdict:
        """What may happen at ``now``."""
        if self.wrong >= LIMIT:
            return LockedOut()
        left_ms = wait_after_s(self.wrong) * 1000 - now.lasted_ms(self.last)
        if left_ms > 0:
            return SlowDown(LIMIT - self.wrong, -(-left_ms // 1000))
        return Allowed(LIMIT - self.wrong)


class _Format1(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    tries: Tries


_JSON: Final = msgspec.json.Encoder(order="sorted")
_FORMAT: Final = 1


def _read_format_1(text: bytes) -> Tries:
    return msgspec.json.decode(text, type=_Format1).tries


_READERS: Final[Readers[Tries]] = {1: _read_format_1}


class TryCounter:
    """The tries of one vault, in its file ``name``; the directory must be held by this process."""

    def __init__(
        self, directory: VaultDirectory, clock: Callable[[], Moment] = this_moment, name: str = TRIES_FILE
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._name = name

    def standing(self) -> Tries:
        """The tries as they are written down; an unknown count is written down first.

        Raises ``NewerFormatError`` for a file of a newer version, ``StorageError`` for a disk that refuses.
        """
        text = self._directory.read(self._name)
        now = self._clock()
        tries = None if text is None else _decode(text)
        if tries is None:
            tries = Tries.unknown(now)
        elif tries.last.is_ahead_of(now):  # not written by this clock: the wait starts now, and only once
            tries = Tries(tries.wrong, now, tries.assumed)
        else:
            return tries
        self._write(tries)
        return tries

    def verdict(self) -> Verdict:
        """What may happen now, without a try."""
        return self.standing().verdict(self._clock())

    def count(self) -> Tries:
        """One more try, on the disk when this returns; the tries before it are returned.

        Raises ``SlowDownError`` or ``LockedOutError``, and counts nothing, where no passphrase may be checked.
        """
        before = self.standing()
        now = self._clock()
        match before.verdict(now):
            case LockedOut():
                raise LockedOutError
            case SlowDown(tries_left, wait_s):
                raise SlowDownError(tries_left, wait_s)
            case Allowed():
                self._write(before.counted(now))
                return before

    def clear(self) -> None:
        """Forget the wrong tries: a passphrase or a recovery key was right."""
        self._write(Tries.none(self._clock()))

    def refusal(self) -> WrongPassphraseError | LockedOutError:
        """The error for a counted try that was wrong."""
        match self.verdict():
            case LockedOut():
                return LockedOutError()
            case SlowDown(tries_left, wait_s):
                return WrongPassphraseError(tries_left, wait_s)
            case Allowed(tries_left):
                return WrongPassphraseError(tries_left, 0)

    def _write(self, tries: Tries) -> None:
        self._directory.write(self._name, _JSON.encode(_Format1(_FORMAT, tries)) + b"\n")


def _decode(text: bytes) -> Tries | None:
    """The tries in a file, or nothing where it is damaged."""
    try:
        return read_format(text, _READERS)
    except formats.NewerFormatError as error:
        raise NewerFormatError(f"the count of wrong tries cannot be used: {error}") from None
    except formats.DamagedFormatError:
        return None
