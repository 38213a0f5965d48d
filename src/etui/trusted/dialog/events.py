"""What happens to the Trusted Dialog and what it does about it: the events and effects of its state machine.

A face turns keys, clicks and lines of a script into events; it knows no rule of its own about what they cause.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from etui.sealing import Secret
from etui.trusted.dialog.requests import Answer, Finger, Looks, Showing


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a face says of the text typed so far, never the text: whether it is complete, and a sentence if not."""

    complete: bool = False
    problem: str = ""


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, handed over once, when it is approved; ``new`` with a new passphrase alone."""

    secret: Secret | None = None
    new: Secret | None = None


NOTHING_TYPED = Secrets()


class _Happening(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Show(_Happening, frozen=True):
    """The Router asks for a showing."""

    showing: Showing


class Withdraw(_Happening, frozen=True):
    """The Router takes the showing with this number away."""

    number: int


class Feel(_Happening, frozen=True):
    """fprintd says something of the finger that may confirm the showing with this number."""

    number: int
    finger: Finger


class Elapse(_Happening, frozen=True):
    """Time passed."""


class Touch(_Happening, frozen=True):
    """A key, button, wheel or finger, whatever it meant."""


class LoseFocus(_Happening, frozen=True):
    """Keys go elsewhere now."""


class GainFocus(_Happening, frozen=True):
    """Keys come here now."""


class ReachEnd(_Happening, frozen=True):
    """The last line of what is shown was in sight."""


class Enter(_Happening, frozen=True):
    """The typed text changed."""

    entry: Entry


class Remember(_Happening, frozen=True):
    """One of the offered answers to "for how long?"."""

    id: str


class Include(_Happening, frozen=True):
    """One of several items is ticked or not."""

    id: str
    included: bool


class Pick(_Happening, frozen=True):
    """One of the options is picked, not yet approved."""

    id: str


class Dress(_Happening, frozen=True):
    """Picture, phrase and colour as they are picked so far."""

    looks: Looks


class Share(_Happening, frozen=True):
    """Whether programs of this session share the default collection."""

    open_session: bool


class StepBack(_Happening, frozen=True):
    """The step before, where a face has several."""


class Approve(_Happening, frozen=True):
    """Approve was pressed, or the last line entered; with what was typed."""

    secrets: Secrets = NOTHING_TYPED


class Refuse(_Happening, frozen=True):
    """Refuse was pressed."""


class Dismiss(_Happening, frozen=True):
    """The window was closed: not now."""

    silence: bool = False


class UseOther(_Happening, frozen=True):
    """The user would rather give the recovery key than the passphrase, or the passphrase than the PIN."""


Event: TypeAlias = (
    Show
    | Withdraw
    | Feel
    | Elapse
    | Touch
    | LoseFocus
    | GainFocus
    | ReachEnd
    | Enter
    | Remember
    | Include
    | Pick
    | Dress
    | Share
    | StepBack
    | Approve
    | Refuse
    | Dismiss
    | UseOther
)


class Present(_Happening, frozen=True):
    """A showing came to the front."""

    showing: Showing


class Clear(_Happening, frozen=True):
    """Nothing is in front any more."""


class Settle(_Happening, frozen=True):
    """The showing with this number has its answer."""

    number: int
    answer: Answer


class Cancel(_Happening, frozen=True):
    """The showing with this number was withdrawn before it had an answer."""

    number: int


class Reject(_Happening, frozen=True):
    """The showing with this number was not taken: too many wait, or its number is in use."""

    number: int
    reason: str


Effect: TypeAlias = Present | Clear | Settle | Cancel | Reject
