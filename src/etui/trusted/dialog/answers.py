"""The answer to an approved showing.

What was typed is sealed here and nowhere else, to the end and for the field that the request names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeAlias, assert_never

from etui.sealing import Secret
from etui.trusted.dialog.content import content_of
from etui.trusted.dialog.errors import MisuseError
from etui.trusted.dialog.events import Secrets
from etui.trusted.dialog.front import Front, by_finger
from etui.trusted.dialog.requests import (
    Answer,
    Approved,
    AskSecret,
    ChangeAppearance,
    Choose,
    Chosen,
    Confirm,
    Create,
    Created,
    Looks,
    Message,
    NewLogin,
    NewPassphrase,
    NewPin,
    ReadText,
    Reveal,
    ShowRecovery,
    Typed,
    Unlock,
)

PASSPHRASE_FIELD: Final = "vault.passphrase"  # noqa: S105  names a field
NEW_PASSPHRASE_FIELD: Final = "vault.new"  # noqa: S105  names a field
PIN_FIELD: Final = "vault.pin"
LOGIN_FIELD: Final = "vault.login"
RECOVERY_FIELD: Final = "vault.recovery"
ASKED_SECRET_FIELD: Final = "dialog/1.ask_secret.secret"  # noqa: S105  names a field
REVEALED_SECRET_FIELD: Final = "dialog/1.reveal.secret"  # noqa: S105  names a field

Seal: TypeAlias = Callable[[bytes, Secret, str], bytes]
"""Seals a secret to a public key for a field."""


def approved_answer(front: Front, secrets: Secrets, seal: Seal) -> Answer:  # noqa: PLR0911  a table
    """The answer that says yes to what is in front.

    Raises ``MisuseError`` where a secret or the looks that it needs are not there.
    """
    request = front.request
    match request:
        case Create(key=key):
            sealed = seal(key, _given(secrets.secret), PASSPHRASE_FIELD)
            return Created(sealed=sealed, looks=_picked(front.looks), open_session=front.open_session)
        case Unlock(key=key, pin=pin):
            return Typed(sealed=seal(key, _given(secrets.secret), PIN_FIELD if pin else PASSPHRASE_FIELD))
        case NewPassphrase(key=key, recovered=recovered):
            return Typed(
                sealed=b"" if recovered else seal(key, _given(secrets.secret), PASSPHRASE_FIELD),
                sealed_new=seal(key, _given(secrets.new), NEW_PASSPHRASE_FIELD),
            )
        case NewPin(key=key) | NewLogin(key=key):
            return Typed(
                sealed=seal(key, _given(secrets.secret), PASSPHRASE_FIELD),
                sealed_new=seal(key, _given(secrets.new), PIN_FIELD if isinstance(request, NewPin) else LOGIN_FIELD),
            )
        case AskSecret(key=key):
            return Typed(sealed=seal(key, _given(secrets.secret), ASKED_SECRET_FIELD))
        case Confirm(key=key, digest=digest, pin=pin):
            field = PIN_FIELD if pin else PASSPHRASE_FIELD
            is_typed = bool(key) and not by_finger(front)
            return Approved(
                digest=digest,
                remember=front.remember,
                items=front.items,
                sealed=seal(key, _given(secrets.secret), field) if is_typed else b"",
                read=b"" if request.reading is None else _digest_of_shown(request),
            )
        case Choose():
            return Chosen(id=front.chosen)
        case ChangeAppearance():
            return _picked(front.looks)
        case ShowRecovery() | Reveal() | ReadText() | Message():
            return Approved()
        case _:
            assert_never(request)


def _digest_of_shown(request: Confirm) -> bytes:
    """SHA-256 over the UTF-8 of the text as every face draws it."""
    return hashlib.sha256(content_of(request).body.text.encode()).digest()


def sealing_keys(request: object) -> tuple[bytes, ...]:
    """The public keys that the answer to a request would be sealed to."""
    key = getattr(request, "key", b"")
    return (key,) if key or isinstance(request, Create | Unlock | NewPassphrase | NewPin | NewLogin | AskSecret) else ()


def _given(secret: Secret | None) -> Secret:
    if secret is None:
        raise MisuseError("a face approved without the secret that it asks for")
    return secret


def _picked(looks: Looks | None) -> Looks:
    if looks is None:
        raise MisuseError("a face approved without picture, phrase and colour")
    return looks
