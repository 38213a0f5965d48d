"""Whether what is typed so far is enough: the one judge for every face. It returns sentences, never what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from etui.sealing import Secret
from etui.sealing.login import LoginPasswordError, require_login_password
from etui.sealing.passphrase import PassphraseTextError, prepared
from etui.sealing.pin import LEAST_DIGITS, LEAST_UNLOCKING_DIGITS, PinTextError, prepared_new_pin, prepared_pin
from etui.sealing.recovery import GROUPS, RecoveryTypoError, recovery_key
from etui.trusted.dialog.events import Entry, Secrets
from etui.trusted.dialog.passphrases import problem
from etui.trusted.dialog.requests import (
    AskSecret,
    Confirm,
    Create,
    NewLogin,
    NewPassphrase,
    NewPin,
    Request,
    ShowRecovery,
    Unlock,
)

EMPTY: Final = Secret(b"")
_RECOVERY_CHARACTERS: Final = GROUPS * 5
_DIGITS: Final = re.compile(r"[0-9]+")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The texts in a face's fields: ``secret`` the first, ``new`` a new one or the login password, ``repeat`` it."""

    secret: Secret = EMPTY
    new: Secret = EMPTY
    repeat: Secret = EMPTY


def entry_of(request: Request, draft: Draft, *, checked_group: Secret = EMPTY) -> Entry:  # noqa: C901, PLR0911, PLR0912  a table
    """Whether the draft completes the request.

    ``checked_group``: the group of a shown recovery key that is to be typed.
    """
    match request:
        case Create():
            return _new_passphrase(draft)
        case NewPassphrase(recovered=False) if not len(draft.secret):
            return Entry(problem="Type the present passphrase.")
        case NewPassphrase():
            return _new_passphrase(draft)
        case NewPin() | NewLogin() if not len(draft.secret):
            return Entry(problem="Type your passphrase.")
        case NewPin(unlocks=unlocks):
            return _new_pin(draft, LEAST_UNLOCKING_DIGITS if unlocks else LEAST_DIGITS)
        case NewLogin():
            return _new_login(draft)
        case Confirm(pin=True) | Unlock(pin=True) if len(draft.secret):
            return _pin(prepared_pin, draft.secret)
        case Unlock(recovery=True):
            return _recovery(draft.secret)
        case AskSecret(digits=True) if len(draft.secret) and not _DIGITS.fullmatch(draft.secret.reveal_text()):
            return Entry(problem="Digits only.")
        case Unlock() | AskSecret() | Confirm():
            return Entry(complete=len(draft.secret) > 0)
        case ShowRecovery():
            typed = Secret.from_text(draft.secret.reveal_text().strip().upper())
            if typed == checked_group:
                return Entry(complete=True)
            is_wrong = len(typed) >= len(checked_group)
            return Entry(problem="That is not what stands there." if is_wrong else "")
        case _:
            return Entry(complete=True)


def secrets_of(request: Request, draft: Draft) -> Secrets:
    """What is handed over when a draft is approved."""
    match request:
        case Create():
            return Secrets(secret=draft.new)
        case NewPassphrase() | NewPin() | NewLogin():
            return Secrets(secret=draft.secret, new=draft.new)
        case Unlock() | AskSecret() | Confirm():
            return Secrets(secret=draft.secret if len(draft.secret) else None)
        case _:
            return Secrets()


def group_count(shown: Secret) -> int:
    """How many groups a shown recovery key has."""
    return shown.reveal().count(b"-") + 1


def group_of(shown: Secret, number: int) -> Secret:
    """The group with this number (from 1) of a shown recovery key."""
    return Secret(shown.reveal().split(b"-")[number - 1])


def _recovery(typed: Secret) -> Entry:
    if not len(typed):
        return Entry()
    if sum(character.isalnum() for character in typed.reveal_text()) < _RECOVERY_CHARACTERS:
        return Entry()
    try:
        recovery_key(typed)
    except RecoveryTypoError as error:
        return Entry(problem=_sentence(error))
    return Entry(complete=True)


def _pin(rules: Callable[[Secret], Secret], typed: Secret) -> Entry:
    try:
        rules(typed)
    except PinTextError as error:
        return Entry(problem=_sentence(error))
    return Entry(complete=True)


def _new_pin(draft: Draft, least_digits: int) -> Entry:
    if not len(draft.new):
        return Entry()
    entry = _pin(partial(prepared_new_pin, least_digits=least_digits), draft.new)
    if not entry.complete:
        return entry
    if not len(draft.repeat):
        return Entry(problem="Type it again below.")
    return entry if draft.new == draft.repeat else Entry(problem="The two are not the same yet.")


def _new_login(draft: Draft) -> Entry:
    if not len(draft.new):
        return Entry()
    try:
        require_login_password(draft.new)
    except LoginPasswordError as error:
        return Entry(problem=_sentence(error))
    if not len(draft.repeat):
        return Entry(problem="Type it again below.")
    return Entry(complete=True) if draft.new == draft.repeat else Entry(problem="The two are not the same yet.")


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _new_passphrase(draft: Draft) -> Entry:
    if not len(draft.new):
        return Entry()
    sentence = problem(draft.new)
    if sentence:
        return Entry(problem=sentence)
    if not len(draft.repeat):
        return Entry(problem="Type it again below.")
    try:
        same = prepared(draft.new) == prepared(draft.repeat)
    except PassphraseTextError:
        same = False
    return Entry(complete=True) if same else Entry(problem="The two are not the same yet.")
