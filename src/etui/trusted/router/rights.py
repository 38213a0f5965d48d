"""What every member of a chain may do: a call has only the rights that each of them has.

The strictest decision counts: one that may not is a no for all, one that would have to ask is a question to the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.trusted.policy import ASKED, Decision, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.trusted.policy import Assurance, Question
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.wallet import Opened

_ORDER = (Outcome.ALLOW, Outcome.ASK, Outcome.DENY)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on a request.

    ``alternatives``: for each member of the chain that needed a grant, the grants of which one has to cover it.
    """

    decision: Decision
    alternatives: tuple[tuple[str, ...], ...] = ()


def decide(opened: Opened, question: Question, chain: Iterable[Caller]) -> Verdict:
    """The decision on the caller and on every member of the chain before it."""
    now = opened.now()
    verdict = _verdict(opened.engine.decide(question, opened.grants, now))
    if question.action.own or verdict.decision.outcome is Outcome.DENY:
        return verdict
    for member in chain:
        asked = msgspec.structs.replace(question, principal=member.principal)
        verdict = _stricter(verdict, _verdict(_told(opened.engine.decide(asked, opened.grants, now), member)))
    return verdict


def confirm(opened: Opened, question: Question, chain: Iterable[Caller], assurance: Assurance) -> Decision:
    """The decision once the user did what was asked, on every member as ``decide``; never kept."""
    now = opened.now()
    decision = opened.engine.confirm(question, assurance, now)
    if question.action.own:
        return decision
    for member in chain:
        if decision.outcome is not Outcome.ALLOW:
            break
        asked = msgspec.structs.replace(question, principal=member.principal)
        of_member = _told(opened.engine.confirm(asked, assurance, now), member)
        if of_member.outcome is not Outcome.ALLOW:
            decision = of_member
    return decision


def without_grants(opened: Opened, question: Question, chain: tuple[Caller, ...], reason: str) -> Decision:
    """What remains where a grant is used up: to ask with the weakest assurance that would do, or no."""
    for assurance in ASKED:
        decision = confirm(opened, question, chain, assurance)
        if decision.outcome is Outcome.ALLOW:
            return msgspec.structs.replace(decision, outcome=Outcome.ASK)
    return Decision(outcome=Outcome.DENY, policies=("user/grant",), reason=reason)


def _verdict(decision: Decision) -> Verdict:
    return Verdict(decision=decision, alternatives=(decision.grants,) if decision.grants else ())


def _told(decision: Decision, member: Caller) -> Decision:
    if decision.outcome is not Outcome.DENY:
        return decision
    return msgspec.structs.replace(decision, reason=decision.reason or f"{member.label} may not have it done")


def _stricter(first: Verdict, second: Verdict) -> Verdict:
    """The stricter of two, which holds until the earlier moment and needs the grants of both."""
    one, two = first.decision, second.decision
    rank = (_ORDER.index(one.outcome), one.assurance)
    decision = one if rank >= (_ORDER.index(two.outcome), two.assurance) else two
    return Verdict(
        decision=msgspec.structs.replace(decision, until=min(one.until, two.until)),
        alternatives=(*first.alternatives, *second.alternatives),
    )
