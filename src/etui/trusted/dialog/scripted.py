"""The scripted face: a script's rules in place of hands, through the same state machine as every other face.

It waits no 700 ms: its clock is the machine's, and it moves it on. What the machine would not take from a hand it does
not take from a script: the showing is dismissed and the transcript says why. A wait before the next try is waited for.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec

from etui.sealing import Secret
from etui.trusted.dialog.content import Option
from etui.trusted.dialog.entries import EMPTY, Draft, entry_of, group_of, secrets_of
from etui.trusted.dialog.errors import ScriptError
from etui.trusted.dialog.events import (
    Approve,
    Dismiss,
    Dress,
    Elapse,
    Enter,
    GainFocus,
    Include,
    Pick,
    ReachEnd,
    Refuse,
    Remember,
    Share,
    UseOther,
)
from etui.trusted.dialog.face import Report, View
from etui.trusted.dialog.front import (
    ARMING_S,
    LOOK_S,
    CreateStep,
    Front,
    hindrances,
    takes_new_secret,
    takes_other,
    takes_refusal,
    wait_left_s,
)
from etui.trusted.dialog.requests import Create, FingerStage, Looks, ShowRecovery
from etui.trusted.dialog.script import (
    ApproveRule,
    ChooseRule,
    CreateRule,
    DismissRule,
    LooksRule,
    RefuseRule,
    Rule,
    TypeRule,
    UseOtherRule,
    WaitRule,
    fits,
    read_script,
)
from etui.trusted.dialog.transcript import AnsweredEntry, FingerEntry, Transcript, shown_entry
from etui.trusted.dialog.wording import finger_words


class ForwardClock:
    """A clock that a script can move on, never back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self._clock() + self._ahead_s

    def advance(self, by_s: float) -> None:
        """Moves on by so many seconds."""
        self._ahead_s += by_s


class ScriptFile:
    """A script that is read again when its file changes; a pipe is read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._uses: dict[int, int] = {}
        self.rules: tuple[Rule, ...] = ()
        self.refresh()

    def refresh(self) -> bool:
        """Whether the file changed and was read anew; raises ``ScriptError`` where it cannot be."""
        try:
            status = self._path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._stamp is not None and (stamp == self._stamp or not stat.S_ISREG(status.st_mode)):
                return False
            text = self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScriptError(f"the script {self._path} cannot be read: {error}") from None
        self._stamp = stamp
        self._uses.clear()
        self.rules = read_script(text)
        return True

    def rule_for(self, view: View) -> tuple[int, Rule] | None:
        """The first rule that fits and is not used up, with its number from 1."""
        for number, rule in enumerate(self.rules, start=1):
            used_up = 0 < rule.times <= self._uses.get(number, 0)
            if not used_up and fits(rule.when, view.front.request, view.content):
                return number, rule
        return None

    def count(self, number: int) -> None:
        """Notes that this rule answered once more."""
        self._uses[number] = self._uses.get(number, 0) + 1


class ScriptedFace:
    """Answers each view by its script, and writes what it saw to the transcript."""

    def __init__(self, report: Report, clock: ForwardClock, script: ScriptFile, transcript: Transcript) -> None:
        self._report = report
        self._clock = clock
        self._script = script
        self._transcript = transcript
        self._open: View | None = None
        self._front: Front | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a view stands unanswered, so that ``poll`` has something to do."""
        return self._open is not None

    def present(self, view: View) -> None:
        """Notes the view; ``poll`` answers it."""
        self._transcript.append(shown_entry(view.front.showing.number, view.content))
        self._open = view
        self._front = view.front

    def refresh(self, front: Front) -> None:
        """Keeps what changed."""
        before, self._front = self._front, front
        if before is not None and before.finger != front.finger and self._open is not None:
            self._transcript.append(FingerEntry(number=front.showing.number, told=finger_words(front)))

    def clear(self) -> None:
        """Forgets the view."""
        self._open = self._front = None

    def poll(self) -> None:
        """Answers the open view if a rule does so now, and those that come to the front behind it."""
        while self._open is not None and self._front is not None:
            before = self._open
            self._attempt(before, self._front)
            if self._open is before:
                return

    def _attempt(self, view: View, front: Front) -> None:
        self._script.refresh()
        found = self._script.rule_for(view)
        if found is None:
            self._dismiss(view, "no rule fits")
            return
        number, rule = found
        is_too_early = isinstance(rule, TypeRule | ApproveRule) and wait_left_s(front, self._clock()) > 0
        is_felt = isinstance(rule, ApproveRule) and rule.finger and _is_felt(front)
        if isinstance(rule, WaitRule) or is_too_early or is_felt:
            return
        self._script.count(number)
        try:
            self._answer(view, number, _by_finger(rule, front))
        except ScriptError as error:
            self._dismiss(view, str(error), rule=number)

    def _dismiss(self, view: View, error: str, *, rule: int = 0) -> None:
        self._note(view, AnsweredEntry(number=view.front.showing.number, answer="dismiss", rule=rule, error=error))
        self._report(Dismiss())

    def _note(self, view: View, entry: AnsweredEntry) -> None:
        self._transcript.append(entry)
        if self._open is view:
            self._open = None

    def _answer(self, view: View, number: int, rule: Rule) -> None:
        asked = view.front.showing.number
        match rule:
            case RefuseRule():
                if not takes_refusal(view.front.request):
                    raise ScriptError(f"a {view.content.face} face takes no refusal")
                self._note(view, AnsweredEntry(number=asked, answer="refuse", rule=number))
                self._report(Refuse())
            case DismissRule(silence=silence):
                self._note(view, AnsweredEntry(number=asked, answer="dismiss", rule=number))
                self._report(Dismiss(silence=silence))
            case UseOtherRule():
                if not takes_other(view.front.request):
                    raise ScriptError(f"a {view.content.face} face has no other secret to turn to")
                self._note(view, AnsweredEntry(number=asked, answer="use_other", rule=number))
                self._report(UseOther())
            case _:
                self._approve(view, number, rule)

    def _approve(self, view: View, number: int, rule: Rule) -> None:
        request = view.front.request
        draft = _draft(rule, view)
        self._report(GainFocus())
        self._report(ReachEnd())
        self._choose(view, rule)
        group = _group(view) if isinstance(request, ShowRecovery) else EMPTY
        self._report(Enter(entry=entry_of(request, draft, checked_group=group)))
        if isinstance(request, Create):
            for _ in range(CreateStep.SHARING):
                self._report(Approve())
        self._let_arm()
        front = self._front
        if front is None:
            return
        hindering = hindrances(front, self._clock())
        if hindering:
            why = front.entry.problem or hindering[0].value
            raise ScriptError(f"the {view.content.face} face does not take this approval: {why}")
        answered = AnsweredEntry(
            number=front.showing.number,
            answer=str(type(rule).__struct_config__.tag),
            rule=number,
            remember=front.remember,
            items=front.items,
            chosen=front.chosen,
        )
        if isinstance(rule, ApproveRule) and rule.keep and view.shown_secret is not None:
            _keep(Path(rule.keep), view.shown_secret)
        self._note(view, answered)
        self._report(Approve(secrets=secrets_of(request, draft)))

    def _let_arm(self) -> None:
        """Moves the clock on as quietly as a person who waits."""
        for _ in range(math.ceil(ARMING_S / LOOK_S) + 1):
            self._clock.advance(LOOK_S)
            self._report(Elapse())

    def _choose(self, view: View, rule: Rule) -> None:
        content = view.content
        match rule:
            case ApproveRule():
                if rule.remember or rule.remember_contains:
                    choice = _option(content.remember, rule.remember, rule.remember_contains)
                    self._report(Remember(id=choice))
                for item in content.items if rule.items is not None else ():
                    self._report(Include(id=item.id, included=item.id in (rule.items or ())))
            case ChooseRule():
                self._report(Pick(id=_option(content.options, rule.id, rule.label_contains)))
            case CreateRule() | LooksRule():
                self._report(Dress(looks=Looks(picture=rule.picture, phrase=rule.phrase, colour=rule.colour)))
                if isinstance(rule, CreateRule):
                    self._report(Share(open_session=rule.open_session))
            case _:
                pass


def _is_felt(front: Front) -> bool:
    """Whether a finger is still waited for."""
    settled = {FingerStage.RECOGNISED, FingerStage.OVER}
    return front.finger is not None and front.finger.stage not in settled


def _by_finger(rule: Rule, front: Front) -> Rule:
    """The rule without its secret, where a finger stands for it."""
    by_finger = isinstance(rule, ApproveRule) and rule.finger and front.finger is not None
    if by_finger and front.finger.stage is FingerStage.RECOGNISED:  # type: ignore[union-attr]  # as the line before says
        return msgspec.structs.replace(rule, secret=None)
    return rule


def _option(options: tuple[Option, ...], wanted: str, part: str) -> str:
    """The id of the first option that has this id, or this part in its label."""
    for option in options:
        if option.id == wanted or (part and part in option.label.text):
            return option.id
    raise ScriptError(f"the face offers no option {wanted or part!r}")


def _draft(rule: Rule, view: View) -> Draft:
    match rule:
        case CreateRule(passphrase=passphrase):
            return Draft(new=passphrase, repeat=passphrase)
        case TypeRule(secret=secret, new=new) if takes_new_secret(view.front.request):
            return Draft(secret=secret, new=new or EMPTY, repeat=new or EMPTY)
        case TypeRule(secret=secret) | ApproveRule(secret=Secret() as secret):
            return Draft(secret=secret)
        case ApproveRule() if isinstance(view.front.request, ShowRecovery):
            return Draft(secret=_group(view))
        case _:
            return Draft()


def _group(view: View) -> Secret:
    """The group of the shown recovery key that is to be typed."""
    return EMPTY if view.shown_secret is None else group_of(view.shown_secret, view.checked_group)


def _keep(path: Path, secret: Secret) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, secret.reveal())
    finally:
        os.close(descriptor)
