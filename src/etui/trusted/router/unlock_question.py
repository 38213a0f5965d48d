"""What is asked for to unlock: the PIN, where a TPM takes one, else the passphrase, else the recovery key. Pure.

::

    PIN ──rather──► passphrase ──rather──► recovery key
     └── the TPM takes none now, was cleared, is gone: the passphrase, and why
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from etui.trusted.control import VaultOperation

if TYPE_CHECKING:
    from etui.trusted.control import Reply
    from etui.trusted.dialog.requests import Unlock

_NO_PIN_NOW: Final = frozenset({"tpm_unusable", "tpm_locked_out"})
AGAIN: Final = frozenset(
    {
        "wrong_passphrase",
        "wrong_unlock_pin",
        "slow_down",
        "mistyped_recovery",
        "wrong_recovery",
        "unfit_passphrase",
        "unfit_pin",
        "unfit_login",
    }
)
"""What was typed was wrong, and may be typed again."""


def first_question(request: Unlock, standing: Reply) -> Unlock:
    """The question for the passphrase, or for the PIN in its place; ``standing``: what the vault says of the PIN."""
    if not standing.code:
        return replace(request, pin=True)
    return replace(request, note=standing.message) if standing.code in _NO_PIN_NOW else request


def other_question(request: Unlock) -> Unlock:
    """The question for what the user would rather give."""
    return replace(request, pin=False, recovery=not request.pin, note="", wrong=False, tries_left=-1, wait_s=0.0)


def next_question(request: Unlock, reply: Reply) -> Unlock | None:
    """The question after the vault refused what was typed; None where nothing more is asked."""
    if reply.code in _NO_PIN_NOW:
        return replace(request, pin=False, note=reply.message, wrong=False, tries_left=-1)
    if reply.code not in AGAIN:
        return None
    return replace(request, note="", wrong=True, tries_left=reply.tries_left, wait_s=float(reply.wait_s))


def operation_of(request: Unlock) -> VaultOperation:
    """What the vault is to do with what was typed."""
    if request.recovery:
        return VaultOperation.RECOVER
    return VaultOperation.OPEN_BY_PIN if request.pin else VaultOperation.OPEN
