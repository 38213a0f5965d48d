"""The showing in front, as one frozen value, and what keeps it from being approved."""

from __future__ import annotations

import math
from enum import Enum, IntEnum

import msgspec

from etui.trusted.dialog.events import Entry
from etui.trusted.dialog.requests import (
    AskSecret,
    ChangeAppearance,
    Choose,
    Confirm,
    Create,
    Finger,
    FingerStage,
    Looks,
    NewLogin,
    NewPassphrase,
    NewPin,
    ReadText,
    Request,
    Showing,
    ShowRecovery,
    Unlock,
)

ARMING_S = 0.7
"""How long no key and no click must come before Approve takes one."""
LOOK_S = 0.1
"""The most quiet that one look proves: what hands did while a busy machine kept the face from looking comes later."""


class Phase(Enum):
    """Whether Approve would be taken, as far as hands are concerned."""

    UNFOCUSED = "unfocused"
    ARMING = "arming"
    ARMED = "armed"


class CreateStep(IntEnum):
    """The steps of the first run."""

    WELCOME = 0
    LOOKS = 1
    PASSPHRASE = 2
    SHARING = 3


class Hindrance(Enum):
    """Why Approve is not taken now, the most telling first."""

    WAITING = "no try is taken yet"
    UNREAD = "not shown to its end"
    INCOMPLETE = "something has to be typed"
    NOTHING_CHOSEN = "nothing is chosen"
    UNDRESSED = "picture, phrase or colour is missing"
    UNFOCUSED = "keys go elsewhere"
    ARMING = "a key or click came less than 700 ms ago"


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """The showing in front.

    ``quiet_s``: seconds of quiet seen up to ``looked_at``. ``looked_at``, ``ready_at``: seconds of the machine's clock.
    ``items``: ids that are ticked. ``step``: of a ``Create`` alone.
    """

    showing: Showing
    phase: Phase
    looked_at: float
    ready_at: float
    quiet_s: float = 0.0
    at_end: bool = False
    entry: Entry = Entry()
    remember: str = ""
    items: tuple[str, ...] = ()
    chosen: str = ""
    looks: Looks | None = None
    finger: Finger | None = None
    open_session: bool = False
    step: CreateStep = CreateStep.WELCOME

    @property
    def request(self) -> Request:
        """What is asked."""
        return self.showing.request

    @property
    def has_next_step(self) -> bool:
        """Whether Approve leads to another step instead of an answer."""
        return isinstance(self.request, Create) and self.step is not CreateStep.SHARING


def first_sight(showing: Showing, *, now: float, focused: bool) -> Front:
    """The front as it is at first: the first remember choice and every item preset, nothing typed or chosen.

    Where one of the items is chosen, the first is preset.
    """
    request = showing.request
    front = Front(
        showing=showing,
        phase=Phase.ARMING if focused else Phase.UNFOCUSED,
        looked_at=now,
        ready_at=now + request.wait_s if isinstance(request, Unlock) else now,
    )
    if isinstance(request, Confirm):
        return msgspec.structs.replace(
            front,
            remember=request.remember[0].id if request.remember else "",
            items=tuple(item.id for item in (request.items[:1] if request.one else request.items)),
            finger=request.finger,
        )
    return front


def armed_part(front: Front, now: float) -> float:
    """How much of the arming has passed, from 0 to 1."""
    match front.phase:
        case Phase.ARMED:
            return 1.0
        case Phase.UNFOCUSED:
            return 0.0
        case Phase.ARMING:
            return min(1.0, quiet_s(front, now) / ARMING_S)


def quiet_s(front: Front, now: float) -> float:
    """The seconds of quiet that are seen at ``now``."""
    return front.quiet_s + min(LOOK_S, max(0.0, now - front.looked_at))


def wait_left_s(front: Front, now: float) -> int:
    """Whole seconds until a try is taken; 0 where one is."""
    return max(0, math.ceil(front.ready_at - now))


def takes_secret(request: Request) -> bool:
    """Whether the answer carries something typed."""
    return isinstance(request, Create | Unlock | NewPassphrase | NewPin | NewLogin | AskSecret) or (
        isinstance(request, Confirm) and bool(request.key)
    )


def takes_new_secret(request: Request) -> bool:
    """Whether the answer carries a new secret beside the present one."""
    return isinstance(request, NewPassphrase | NewPin | NewLogin)


def takes_other(request: Request) -> bool:
    """Whether the user may give another secret than the one that is asked for."""
    return isinstance(request, Unlock | Confirm) and request.takes_other


def takes_entry(request: Request) -> bool:
    """Whether something has to be typed before it can be approved."""
    return takes_secret(request) or isinstance(request, ShowRecovery)


def by_finger(front: Front) -> bool:
    """Whether a finger stands for what is to be typed: fprintd recognised it, and nothing whole is typed."""
    return front.finger is not None and front.finger.stage is FingerStage.RECOGNISED and not front.entry.complete


def takes_refusal(request: Request) -> bool:
    """Whether no is an answer to it; what is no question can only be closed."""
    return isinstance(request, Confirm | ReadText)


def hindrances(front: Front, now: float) -> tuple[Hindrance, ...]:
    """Everything that keeps Approve from being taken at ``now``; empty where it would be."""
    found = list(_content_hindrances(front))
    if wait_left_s(front, now):
        found.insert(0, Hindrance.WAITING)
    if not front.has_next_step:
        if front.phase is Phase.UNFOCUSED:
            found.append(Hindrance.UNFOCUSED)
        elif armed_part(front, now) < 1.0:
            found.append(Hindrance.ARMING)
    return tuple(found)


def _content_hindrances(front: Front) -> list[Hindrance]:
    request = front.request
    dressed = front.looks is not None and bool(front.looks.phrase.strip())
    missing: list[tuple[bool, Hindrance]] = []
    match request:
        case Create():
            missing = [
                (front.step >= CreateStep.LOOKS and not dressed, Hindrance.UNDRESSED),
                (front.step >= CreateStep.PASSPHRASE and not front.entry.complete, Hindrance.INCOMPLETE),
            ]
        case ChangeAppearance():
            missing = [(not dressed, Hindrance.UNDRESSED)]
        case Choose():
            missing = [(not front.chosen, Hindrance.NOTHING_CHOSEN)]
        case _:
            missing = [
                (isinstance(request, Confirm | ReadText) and not front.at_end, Hindrance.UNREAD),
                (isinstance(request, Confirm) and bool(request.items) and not front.items, Hindrance.NOTHING_CHOSEN),
                (takes_entry(request) and not front.entry.complete and not by_finger(front), Hindrance.INCOMPLETE),
            ]
    return [hindrance for is_missing, hindrance in missing if is_missing]
