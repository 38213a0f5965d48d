"""The state machine: its rules one by one, and all of them at once under random events."""

from __future__ import annotations

import math

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.trusted.dialog.questions import ASKER, CHOOSE, CONFIRM, DIGEST, ONE, READ, SEVERAL, all_requests

from etui.sealing import Secret
from etui.trusted.dialog.events import (
    NOTHING_TYPED,
    Approve,
    Cancel,
    Clear,
    Dismiss,
    Dress,
    Effect,
    Elapse,
    Enter,
    Entry,
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
    Secrets,
    Settle,
    Share,
    Show,
    StepBack,
    Touch,
    UseOther,
    Withdraw,
)
from etui.trusted.dialog.front import ARMING_S, LOOK_S, CreateStep, Hindrance, Phase, hindrances
from etui.trusted.dialog.machine import MAX_QUEUED, Machine
from etui.trusted.dialog.requests import (
    Approved,
    Chosen,
    Confirm,
    Create,
    Created,
    Dismissed,
    Finger,
    FingerStage,
    Looks,
    Message,
    NewPassphrase,
    Refused,
    Request,
    Showing,
    Typed,
    Unlock,
)

KEY = bytes(32)
LOOKS = Looks(picture="fox", phrase="copper lantern", colour="#1f5f8b")
TYPED = Secrets(secret=Secret(b"typed"), new=Secret(b"new"))


def seal(key: bytes, secret: Secret, field: str) -> bytes:
    return b"|".join((key, field.encode(), secret.reveal()))


def in_front(request: Request, *, focused: bool = True) -> Machine:
    machine = Machine(seal)
    if focused:
        machine.handle(GainFocus(), 0.0)
    assert machine.handle(Show(showing=Showing(number=1, request=request)), 0.0)
    return machine


def watch(machine: Machine, begin: float, end: float) -> None:
    """Looks from one moment to another as often as a face does, while no hand moves."""
    for look in range(1, math.ceil((end - begin) / LOOK_S) + 1):
        machine.handle(Elapse(), min(end, begin + look * LOOK_S))


def answer(effects: tuple[Effect, ...]) -> object:
    return next((effect.answer for effect in effects if isinstance(effect, Settle)), None)


def test_approve_is_taken_700_ms_after_the_showing_and_not_before() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    watch(machine, 0.0, 0.69)
    assert answer(machine.handle(Approve(), 0.69)) is None
    watch(machine, 0.69, 0.7 + ARMING_S)
    assert answer(machine.handle(Approve(), 0.7 + ARMING_S)) == Approved(digest=DIGEST, remember="once")


def test_time_in_which_a_busy_machine_did_not_look_is_no_quiet() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Elapse(), 5.0)
    machine.handle(Touch(), 5.0)  # a click of the time before, delivered late
    assert answer(machine.handle(Approve(), 5.0)) is None
    machine.handle(Elapse(), 9.0)
    assert answer(machine.handle(Approve(), 9.1)) is None


def felt(stage: FingerStage, *, number: int = 1, entry: Entry = Entry()) -> object:  # noqa: B008  # it is frozen
    """What Approve answers to a question that takes a finger, after fprintd has said this and this much is typed."""
    request = msgspec.structs.replace(CONFIRM, key=KEY, pin=True, finger=Finger())
    machine = in_front(request)
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Enter(entry=entry), 0.0)
    machine.handle(Feel(number=number, finger=Finger(stage=stage)), 0.0)
    watch(machine, 0.0, 0.1 + ARMING_S)
    return answer(machine.handle(Approve(secrets=TYPED if entry.complete else NOTHING_TYPED), 0.1 + ARMING_S))


def test_a_finger_that_is_recognised_stands_for_what_is_typed_and_nothing_else_does() -> None:
    by_finger = Approved(digest=DIGEST, remember="once")
    assert [felt(stage) for stage in FingerStage] == [None, None, None, by_finger, None]
    assert felt(FingerStage.RECOGNISED, number=2) is None, "one that was recognised for another question"
    typed = felt(FingerStage.RECOGNISED, entry=Entry(complete=True))
    assert isinstance(typed, Approved)
    assert typed.sealed == seal(KEY, Secret(b"typed"), "vault.pin"), "what is typed counts"


def test_a_question_that_takes_no_finger_hears_of_none() -> None:
    machine = in_front(msgspec.structs.replace(CONFIRM, key=KEY))
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Feel(number=1, finger=Finger(stage=FingerStage.RECOGNISED)), 0.0)
    watch(machine, 0.0, 0.1 + ARMING_S)
    assert answer(machine.handle(Approve(), 0.1 + ARMING_S)) is None


def test_each_touch_before_it_is_armed_starts_the_arming_anew() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    for tenth in range(1, 31):
        machine.handle(Touch(), tenth / 10)
    watch(machine, 3.0, 3.6)
    assert answer(machine.handle(Approve(), 3.6)) is None
    watch(machine, 3.6, 4.4)
    assert answer(machine.handle(Approve(), 4.4)) is not None


def test_touches_after_it_is_armed_do_not_disarm_it() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    watch(machine, 0.0, 0.8)
    machine.handle(Touch(), 0.81)
    assert answer(machine.handle(Approve(), 0.82)) is not None


def test_losing_the_focus_disarms_until_700_ms_after_it_came_back() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    watch(machine, 0.0, 1.0)
    machine.handle(LoseFocus(), 1.0)
    watch(machine, 1.0, 9.0)
    assert answer(machine.handle(Approve(), 9.0)) is None
    machine.handle(GainFocus(), 9.0)
    watch(machine, 9.0, 9.6)
    assert answer(machine.handle(Approve(), 9.6)) is None
    watch(machine, 9.6, 10.4)
    assert answer(machine.handle(Approve(), 10.4)) is not None


def test_a_window_that_never_had_the_focus_approves_nothing() -> None:
    machine = in_front(CONFIRM, focused=False)
    machine.handle(ReachEnd(), 0.0)
    watch(machine, 0.0, 60.0)
    assert answer(machine.handle(Approve(), 60.0)) is None


def test_the_showing_behind_is_armed_anew() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Show(showing=Showing(number=2, request=CONFIRM)), 0.0)
    watch(machine, 0.0, 5.0)
    first = machine.handle(Approve(), 5.0)
    assert [type(effect) for effect in first] == [Settle, Present]
    machine.handle(ReachEnd(), 5.0)
    watch(machine, 5.0, 5.6)
    assert answer(machine.handle(Approve(), 5.6)) is None


def test_a_text_is_agreed_to_only_after_its_end_was_shown() -> None:
    machine = in_front(READ)
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(), 5.0)) is None
    machine.handle(ReachEnd(), 5.1)
    assert answer(machine.handle(Approve(), 5.2)) == Approved()


def test_consent_needs_the_whole_question_shown() -> None:
    front = in_front(CONFIRM).state.front
    assert front is not None
    assert Hindrance.UNREAD in hindrances(front, 5.0)


def test_no_try_is_taken_before_the_wait_is_over() -> None:
    machine = in_front(Unlock(key=KEY, wait_s=12.0))
    machine.handle(Enter(entry=Entry(complete=True)), 0.0)
    watch(machine, 0.0, 11.0)
    assert answer(machine.handle(Approve(secrets=TYPED), 11.0)) is None
    assert answer(machine.handle(Approve(secrets=TYPED), 12.0)) == Typed(sealed=seal(KEY, *_passphrase(b"typed")))


def _passphrase(text: bytes) -> tuple[Secret, str]:
    return Secret(text), "vault.passphrase"


def test_an_incomplete_entry_is_not_approved() -> None:
    machine = in_front(Unlock(key=KEY))
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(secrets=TYPED), 5.0)) is None


def test_consent_with_a_passphrase_is_not_approved_without_one() -> None:
    machine = in_front(Confirm(asker=ASKER, action="pay", digest=DIGEST, key=KEY))
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Enter(entry=Entry(complete=True)), 0.0)
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(), 5.0)) is None
    said = answer(machine.handle(Approve(secrets=TYPED), 6.0))
    assert said == Approved(digest=DIGEST, sealed=seal(KEY, *_passphrase(b"typed")))


def test_a_new_passphrase_seals_both_to_fields_of_their_own() -> None:
    machine = in_front(NewPassphrase(key=KEY))
    machine.handle(Enter(entry=Entry(complete=True)), 0.0)
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(secrets=Secrets(secret=Secret(b"old"))), 5.0)) is None
    said = answer(machine.handle(Approve(secrets=TYPED), 6.0))
    assert said == Typed(sealed=seal(KEY, *_passphrase(b"typed")), sealed_new=seal(KEY, Secret(b"new"), "vault.new"))


def test_some_of_several_items_are_allowed_and_none_is_no_consent() -> None:
    machine = in_front(SEVERAL)
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Include(id="a", included=False), 0.0)
    machine.handle(Include(id="b", included=False), 0.0)
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(), 5.0)) is None
    machine.handle(Include(id="b", included=True), 5.0)
    machine.handle(Include(id="unknown", included=True), 5.0)
    assert answer(machine.handle(Approve(), 6.0)) == Approved(digest=DIGEST, items=("b",))


def test_of_several_one_is_chosen_the_first_is_preset_and_none_is_no_choice() -> None:
    machine = in_front(ONE)
    machine.handle(ReachEnd(), 0.0)
    assert machine.state.front is not None
    assert machine.state.front.items == ("a",)
    machine.handle(Include(id="a", included=False), 0.0)
    assert machine.state.front.items == ("a",)
    machine.handle(Include(id="b", included=True), 0.0)
    watch(machine, 0.0, 5.0)
    assert answer(machine.handle(Approve(), 5.0)) == Approved(digest=DIGEST, items=("b",))


def test_only_what_was_offered_is_remembered_or_chosen() -> None:
    machine = in_front(CONFIRM)
    machine.handle(ReachEnd(), 0.0)
    machine.handle(Remember(id="forever"), 0.0)
    assert machine.state.front is not None
    assert machine.state.front.remember == "once"
    chooser = in_front(CHOOSE)
    chooser.handle(Pick(id="gold"), 0.0)
    watch(chooser, 0.0, 5.0)
    assert answer(chooser.handle(Approve(), 5.0)) is None
    chooser.handle(Pick(id="credit"), 5.0)
    assert answer(chooser.handle(Approve(), 6.0)) == Chosen(id="credit")


def test_the_first_run_goes_step_by_step_and_arms_its_last() -> None:
    machine = in_front(Create(key=KEY))
    machine.handle(Approve(), 0.0)
    assert machine.handle(Approve(), 0.0) == ()
    assert machine.state.front is not None
    assert machine.state.front.step is CreateStep.LOOKS
    machine.handle(Dress(looks=LOOKS), 0.0)
    machine.handle(Approve(), 0.0)
    machine.handle(Enter(entry=Entry(complete=True)), 5.0)
    machine.handle(Approve(secrets=TYPED), 5.0)
    machine.handle(Share(open_session=True), 5.0)
    watch(machine, 5.0, 5.6)
    assert answer(machine.handle(Approve(secrets=TYPED), 5.6)) is None
    machine.handle(StepBack(), 5.7)
    machine.handle(Approve(secrets=TYPED), 5.8)
    watch(machine, 5.8, 6.6)
    said = answer(machine.handle(Approve(secrets=TYPED), 6.6))
    assert said == Created(sealed=seal(KEY, *_passphrase(b"typed")), looks=LOOKS, open_session=True)


def test_a_first_run_in_which_nothing_is_chosen_is_guarded() -> None:
    machine = in_front(Create(key=KEY))
    machine.handle(Approve(), 0.0)
    machine.handle(Dress(looks=LOOKS), 0.0)
    machine.handle(Approve(), 0.0)
    machine.handle(Enter(entry=Entry(complete=True)), 0.0)
    machine.handle(Approve(secrets=TYPED), 0.0)
    assert machine.state.front is not None
    assert machine.state.front.step is CreateStep.SHARING
    watch(machine, 0.0, 1.0)
    said = answer(machine.handle(Approve(secrets=TYPED), 1.0))
    assert isinstance(said, Created)
    assert not said.open_session


def test_refusal_and_dismissal_need_no_arming() -> None:
    assert answer(in_front(CONFIRM, focused=False).handle(Refuse(), 0.0)) == Refused()
    assert answer(in_front(CONFIRM, focused=False).handle(Dismiss(silence=True), 0.0)) == Dismissed(silence=True)


def test_what_is_no_question_is_not_refused() -> None:
    assert in_front(Message(title="t", text="t")).handle(Refuse(), 5.0) == ()


def test_the_recovery_key_is_offered_once() -> None:
    assert answer(in_front(Unlock(key=KEY)).handle(UseOther(), 0.0)) == Typed(sealed=b"", use_other=True)
    assert in_front(Unlock(key=KEY, recovery=True)).handle(UseOther(), 0.0) == ()


def test_a_withdrawn_showing_is_cancelled_in_front_and_in_the_queue() -> None:
    machine = in_front(CONFIRM)
    machine.handle(Show(showing=Showing(number=2, request=CONFIRM)), 0.0)
    machine.handle(Show(showing=Showing(number=3, request=CONFIRM)), 0.0)
    assert machine.handle(Withdraw(number=2), 1.0) == (Cancel(number=2),)
    third = Showing(number=3, request=CONFIRM)
    assert machine.handle(Withdraw(number=1), 1.0) == (Cancel(number=1), Present(showing=third))
    assert machine.handle(Withdraw(number=9), 1.0) == ()
    assert machine.handle(Withdraw(number=3), 1.0) == (Cancel(number=3), Clear())


def test_the_queue_is_bounded() -> None:
    machine = in_front(CONFIRM)
    for number in range(2, MAX_QUEUED + 2):
        assert machine.handle(Show(showing=Showing(number=number, request=CONFIRM)), 0.0) == ()
    (rejected,) = machine.handle(Show(showing=Showing(number=99, request=CONFIRM)), 0.0)
    assert isinstance(rejected, Reject)


class AnyHands(RuleBasedStateMachine):
    """Random events; the invariants are the machine's rules, kept by a second, simpler account."""

    @initialize()
    def start(self) -> None:
        self.machine = Machine(seal)
        self.now = 0.0
        self.next_number = 0
        self.open: list[int] = []
        self.focused = False
        self.quiet_since = 0.0

    def _do(self, event: object) -> tuple[Effect, ...]:
        before = self.machine.state.front
        effects = self.machine.handle(event, self.now)  # type: ignore[arg-type]
        for effect in effects:
            match effect:
                case Settle(number=number, answer=said):
                    assert before is not None
                    assert number == self.open[0] == before.showing.number
                    if not isinstance(said, Refused | Dismissed) and not isinstance(event, UseOther):
                        assert isinstance(event, Approve)
                        assert self.focused
                        assert self.now - self.quiet_since >= ARMING_S - 1e-9
                    self.open.remove(number)
                case Cancel(number=number) | Reject(number=number):
                    self.open.remove(number)
                case Present(showing=showing):
                    assert showing.number == self.open[0]
                    self.quiet_since = self.now
                case Clear():
                    assert not self.open
        return effects

    @rule(request=st.sampled_from(all_requests(KEY)))
    def show(self, request: Request) -> None:
        self.next_number += 1
        self.open.append(self.next_number)
        self._do(Show(showing=Showing(number=self.next_number, request=request)))

    @rule(looks=st.integers(1, 12))
    def wait(self, looks: int) -> None:
        for _ in range(looks):
            self.now += LOOK_S
            self._do(Elapse())

    @rule(by=st.floats(LOOK_S, 10.0))
    def stall(self, by: float) -> None:
        front = self.machine.state.front
        self.now += by
        if front is not None and front.phase is Phase.ARMING:
            self.quiet_since += by - LOOK_S
        self._do(Elapse())

    @rule(is_back=st.booleans())
    def focus(self, is_back: bool) -> None:  # noqa: FBT001
        if is_back != self.focused:
            self.quiet_since = self.now
        self.focused = is_back
        self._do(GainFocus() if is_back else LoseFocus())

    @rule()
    def touch(self) -> None:
        front = self.machine.state.front
        if front is not None and front.phase is not Phase.ARMED:
            self.quiet_since = self.now
        self._do(Touch())

    @rule(
        event=st.one_of(
            st.just(ReachEnd()),
            st.builds(lambda done: Enter(entry=Entry(complete=done)), st.booleans()),
            st.builds(lambda one: Remember(id=one), st.sampled_from(["once", "always", "never"])),
            st.builds(lambda one, on: Include(id=one, included=on), st.sampled_from("abc"), st.booleans()),
            st.builds(lambda one: Pick(id=one), st.sampled_from(["debit", "credit", ""])),
            st.just(Dress(looks=LOOKS)),
            st.builds(lambda on: Share(open_session=on), st.booleans()),
            st.just(StepBack()),
            st.just(Refuse()),
            st.just(Dismiss()),
            st.just(UseOther()),
        )
    )
    def hand(self, event: object) -> None:
        front = self.machine.state.front
        self._do(event)
        after = self.machine.state.front
        if isinstance(event, StepBack) and front is not None and after is not None and front.step is not after.step:
            self.quiet_since = self.now

    @rule(has_secrets=st.booleans())
    def approve(self, has_secrets: bool) -> None:  # noqa: FBT001
        front = self.machine.state.front
        self._do(Approve(secrets=TYPED if has_secrets else Secrets()))
        after = self.machine.state.front
        if front is not None and after is not None and after.showing == front.showing:
            stepped = front.step is not after.step
            if stepped or after.phase is not Phase.ARMED:
                self.quiet_since = self.now

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.open))
        effects = self._do(Withdraw(number=number))
        assert Cancel(number=number) in effects

    @invariant()
    def one_is_in_front_and_the_others_wait(self) -> None:
        state = self.machine.state
        front = [] if state.front is None else [state.front.showing.number]
        assert front + [showing.number for showing in state.queue] == self.open
        assert len(state.queue) <= MAX_QUEUED

    @invariant()
    def it_is_armed_only_with_the_focus(self) -> None:
        front = self.machine.state.front
        if front is not None:
            assert (front.phase is Phase.UNFOCUSED) is (not self.focused)


TestAnyHands = AnyHands.TestCase
