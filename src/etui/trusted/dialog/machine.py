"""The one state machine of every face: which showing is in front, and when Approve is taken.

::

                 Show                          Approve (no hindrance), Refuse, Dismiss, Withdraw
      (empty) ─────────► UNFOCUSED ◄─────────┐ from each phase: Settle or Cancel, then the next in
         ▲                   │ GainFocus     │ the queue is presented afresh, else Clear
         │                   ▼               │ LoseFocus
         │            ┌── ARMING ────────────┤
         │      Touch │      │ 700 ms        │
         │            └──►───┤ without Touch │
         │                   ▼               │
         └──────────────── ARMED ────────────┘

Rules:

1. One showing is in front; at most ``MAX_QUEUED`` others wait in order, a further one is rejected.
2. Approve is taken in ARMED alone, and only where nothing else hinders it (``front.hindrances``). One that is not taken
   counts as a Touch. Each showing, and the last step of a first run, starts its arming anew. Quiet counts only as far
   as it was watched: between two events at most ``front.LOOK_S``, since a click that a busy machine has not delivered
   yet is no quiet.
3. Refuse and Dismiss are always taken: they give nothing away.
4. Every showing ends in exactly one of Settle, Cancel and Reject.
5. It reads no clock and keeps no secret: the time comes with each event, secrets with Approve alone, and what is typed
   in between is known as ``Entry``.
"""

from __future__ import annotations

import msgspec

from etui.trusted.dialog.answers import Seal, approved_answer
from etui.trusted.dialog.events import (
    Approve,
    Cancel,
    Clear,
    Dismiss,
    Dress,
    Effect,
    Elapse,
    Enter,
    Event,
    Feel,
    GainFocus,
    Include,
    LoseFocus,
    Pick,
    Present,
    ReachEnd,
    Refuse,
    Reject,
    Remember,
    Settle,
    Share,
    Show,
    StepBack,
    Touch,
    UseOther,
    Withdraw,
)
from etui.trusted.dialog.front import (
    CreateStep,
    Front,
    Phase,
    armed_part,
    by_finger,
    first_sight,
    hindrances,
    quiet_s,
    takes_new_secret,
    takes_other,
    takes_refusal,
    takes_secret,
)
from etui.trusted.dialog.requests import (
    Answer,
    ChangeAppearance,
    Choose,
    Confirm,
    Create,
    Dismissed,
    Refused,
    Showing,
    Typed,
)

MAX_QUEUED = 16
"""How many showings wait behind the one in front."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the machine knows: what is in front, what waits, and whether keys come here."""

    front: Front | None = None
    queue: tuple[Showing, ...] = ()
    focused: bool = False


class Machine:
    """Takes events, keeps one frozen state, gives effects."""

    __slots__ = ("_seal", "state")

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self.state = State()

    def handle(self, event: Event, now: float) -> tuple[Effect, ...]:  # noqa: PLR0911  a table
        """What follows from ``event`` at ``now`` (seconds of a monotonic clock that never goes back)."""
        self.state = _elapsed(self.state, now)
        match event:
            case Show(showing=showing):
                return self._show(showing, now)
            case Withdraw(number=number):
                return self._withdraw(number, now)
            case GainFocus() | LoseFocus():
                self._focus(now, focused=isinstance(event, GainFocus))
                return ()
            case Elapse():
                return ()
            case _:
                pass
        front = self.state.front
        if front is None:
            return ()
        match event:
            case Approve():
                return self._approve(front, event, now)
            case Refuse():
                return self._settle(front, Refused(), now) if takes_refusal(front.request) else ()
            case Dismiss(silence=silence):
                return self._settle(front, Dismissed(silence=silence), now)
            case UseOther():
                may = takes_other(front.request)
                return self._settle(front, Typed(sealed=b"", use_other=True), now) if may else ()
            case _:
                self._put(_changed(front, event, now))
                return ()

    def _put(self, front: Front) -> None:
        self.state = msgspec.structs.replace(self.state, front=front)

    def _show(self, showing: Showing, now: float) -> tuple[Effect, ...]:
        state = self.state
        if state.front is None:
            self._put(first_sight(showing, now=now, focused=state.focused))
            return (Present(showing=showing),)
        if showing.number in {state.front.showing.number, *(waiting.number for waiting in state.queue)}:
            return (Reject(number=showing.number, reason=f"the number {showing.number} is already shown or waits"),)
        if len(state.queue) >= MAX_QUEUED:
            return (Reject(number=showing.number, reason=f"more than {MAX_QUEUED} showings wait"),)
        self.state = msgspec.structs.replace(state, queue=(*state.queue, showing))
        return ()

    def _withdraw(self, number: int, now: float) -> tuple[Effect, ...]:
        front, queue = self.state.front, self.state.queue
        if front is not None and front.showing.number == number:
            return (Cancel(number=number), *self._next(now))
        left = tuple(waiting for waiting in queue if waiting.number != number)
        self.state = msgspec.structs.replace(self.state, queue=left)
        return (Cancel(number=number),) if len(left) < len(queue) else ()

    def _focus(self, now: float, *, focused: bool) -> None:
        front = self.state.front
        if front is not None and focused != self.state.focused:
            phase = Phase.ARMING if focused else Phase.UNFOCUSED
            front = _watched_anew(front, phase, now)
        self.state = msgspec.structs.replace(self.state, front=front, focused=focused)

    def _approve(self, front: Front, event: Approve, now: float) -> tuple[Effect, ...]:
        given = event.secrets.secret is not None and (
            event.secrets.new is not None or not takes_new_secret(front.request)
        )
        owes = takes_secret(front.request) and not front.has_next_step and not given and not by_finger(front)
        if hindrances(front, now) or owes:
            self._put(_changed(front, Touch(), now))
            return ()
        if front.has_next_step:
            self._put(_restarted(front, CreateStep(front.step + 1), now))
            return ()
        return self._settle(front, approved_answer(front, event.secrets, self._seal), now)

    def _settle(self, front: Front, answer: Answer, now: float) -> tuple[Effect, ...]:
        return (Settle(number=front.showing.number, answer=answer), *self._next(now))

    def _next(self, now: float) -> tuple[Effect, ...]:
        state = self.state
        if not state.queue:
            self.state = msgspec.structs.replace(state, front=None)
            return (Clear(),)
        showing, *others = state.queue
        front = first_sight(showing, now=now, focused=state.focused)
        self.state = msgspec.structs.replace(state, front=front, queue=tuple(others))
        return (Present(showing=showing),)


def _elapsed(state: State, now: float) -> State:
    front = state.front
    if front is None or front.phase is not Phase.ARMING:
        return state
    phase = Phase.ARMED if armed_part(front, now) >= 1.0 else Phase.ARMING
    seen = msgspec.structs.replace(front, phase=phase, quiet_s=quiet_s(front, now), looked_at=now)
    return msgspec.structs.replace(state, front=seen)


def _watched_anew(front: Front, phase: Phase, now: float) -> Front:
    return msgspec.structs.replace(front, phase=phase, quiet_s=0.0, looked_at=now)


def _restarted(front: Front, step: CreateStep, now: float) -> Front:
    phase = Phase.UNFOCUSED if front.phase is Phase.UNFOCUSED else Phase.ARMING
    return msgspec.structs.replace(_watched_anew(front, phase, now), step=step)


def _ticked(front: Front, event: Include) -> set[str]:
    return {*front.items, event.id} if event.included else {*front.items} - {event.id}


def _chosen(front: Front, event: Include) -> set[str]:
    """Another one takes the place of the one that is chosen; none takes it away."""
    return {event.id} if event.included else {*front.items}


def _changed(front: Front, event: Event, now: float) -> Front:  # noqa: C901, PLR0911  a table
    """What an event that ends nothing changes; one that does not fit the request changes nothing."""
    request = front.request
    match event:
        case Touch() if front.phase is Phase.ARMING:
            return _watched_anew(front, Phase.ARMING, now)
        case ReachEnd():
            return msgspec.structs.replace(front, at_end=True)
        case Enter(entry=entry):
            return msgspec.structs.replace(front, entry=entry)
        case Feel(number=number, finger=finger) if front.finger is not None and number == front.showing.number:
            return msgspec.structs.replace(front, finger=finger)
        case Remember(id=choice) if isinstance(request, Confirm) and choice in {one.id for one in request.remember}:
            return msgspec.structs.replace(front, remember=choice)
        case Include() if isinstance(request, Confirm):
            ticked = _chosen(front, event) if request.one else _ticked(front, event)
            return msgspec.structs.replace(front, items=tuple(one.id for one in request.items if one.id in ticked))
        case Pick(id=option) if isinstance(request, Choose) and option in {one.id for one in request.options}:
            return msgspec.structs.replace(front, chosen=option)
        case Dress(looks=looks) if isinstance(request, Create | ChangeAppearance):
            return msgspec.structs.replace(front, looks=looks)
        case Share(open_session=open_session) if isinstance(request, Create):
            return msgspec.structs.replace(front, open_session=open_session)
        case StepBack() if isinstance(request, Create) and front.step is not CreateStep.WELCOME:
            return _restarted(front, CreateStep(front.step - 1), now)
        case _:
            return front
