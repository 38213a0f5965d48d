"""Lasting rights up to an amount that a Client proposes for itself, by a method that ``gives`` one to another.

Rules:

1. The user is asked each time: no right allows it, and no consent to another call is one to it.
2. What could never hold is refused before the user is asked: terms that contradict each other, a Client that has no
   rights of its own, a policy that asks about each use all the same.
3. What is given is for who asked, for the item and the value of the scope that the provider settled, and never more
   than the answer that the user chose says; none of the answers is more than what was proposed.
4. It takes the place of what the user gave this Client so before, for this value of the scope.
5. The Router answers, with what was given: no provider is called, and none can say otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import fits
from etui.protocol import ErrorCode, ProtocolError
from etui.standards.money import full_amount
from etui.standards.spans import span
from etui.trusted.dialog.requests import RememberChoice, ShownField
from etui.trusted.policy import Limit, Origin, PrincipalType
from etui.trusted.router import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.trusted.policy import Grant, Scope
    from etui.trusted.router.requests import Request
    from etui.trusted.router.router import Router
    from etui.trusted.router.wallet import Opened

_AS_PROPOSED: Final = "proposed"
_HALF: Final = "half"
HOW_TO_END: Final = "You can lower and end it at any time: among the programs in the Shell, or by “etui revoke”."


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much in all and each time, in minor units; anew after how many seconds; until when, 0 for no end.

    So they stand in the params of such a method, and so in its result.
    """

    amount: int
    currency: str
    each: int | None = None
    period_s: int
    until: int | None = None


_terms: Final = msgspec.json.Decoder(Terms)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A lasting right as it is proposed. ``action``: the method that it is to; ``until``: 0 for no end."""

    action: str
    limit: Limit
    until: int = 0

    @property
    def choices(self) -> tuple[RememberChoice, ...]:
        """What the user may answer: all of it, which is the preset, or less."""
        limit = self.limit
        choices = [RememberChoice(id=_AS_PROPOSED, label=self._words)]
        if half := self._half():
            choices.append(RememberChoice(id=_HALF, label=half._words))  # noqa: SLF001  # of its own kind
        once = f"Up to {full_amount(limit.total_minor, limit.currency)} in the next {span(limit.period_s)} alone"
        return (*choices, RememberChoice(id=wording.ONCE.id, label=once))

    def chosen(self, answer: str, now: float) -> Proposal | None:
        """What an answer gives at ``now``, in seconds since 1970; None where it is none of ``choices``."""
        if answer == _AS_PROPOSED:
            return self
        if answer == _HALF:
            return self._half()
        if answer == wording.ONCE.id:
            end = int(now) + self.limit.period_s
            return msgspec.structs.replace(self, until=min(end, self.until or end))
        return None

    @property
    def in_words(self) -> dict[str, str]:
        """What of the terms stands otherwise in the sentence than in the params."""
        return {"period_s": span(self.limit.period_s)}

    @property
    def shown(self) -> tuple[ShownField, ...]:
        """The terms as they stand below the question."""
        end = wording.moment(self.until) if self.until else "you take it back"
        return (*wording.shown_limit(self.limit), ShownField(title="Until", value=end, material=True))

    @property
    def _words(self) -> str:
        limit = self.limit
        end = wording.moment(self.until) if self.until else "I take it back"
        return f"Up to {full_amount(limit.total_minor, limit.currency)} every {span(limit.period_s)}, until {end}"

    def _half(self) -> Proposal | None:
        """Half the amount; None where there is no half of it."""
        total = self.limit.total_minor // 2
        if not total:
            return None
        limit = msgspec.structs.replace(self.limit, total_minor=total, each_minor=min(self.limit.each_minor, total))
        return msgspec.structs.replace(self, limit=limit)


def without_terms(values: Mapping[str, object]) -> dict[str, object]:
    """The params but for the terms, which are shown in words."""
    return {name: value for name, value in values.items() if name not in Terms.__struct_fields__}


def proposal_in(request: Request, now: float) -> Proposal | None:
    """What a request proposes; None where its method gives no right.

    Raises ``ProtocolError`` (``invalid_params``) for terms that are none, or that contradict each other.
    """
    method = request.method.compiled.method
    if method.gives is None:
        return None
    action = request.method.action

    def wrong(reason: str) -> ProtocolError:
        return ProtocolError(ErrorCode.INVALID_PARAMS, f"{action.id}: {reason}")

    try:
        terms = _terms.decode(request.params)
    except msgspec.DecodeError as error:
        raise wrong(str(error)) from None
    for name in Terms.__struct_fields__:
        value, field = getattr(terms, name), method.params[name]
        if value is not None and not fits(field, value, request.method.compiled.types):
            raise wrong(f"`{name}` is from {field.min} to {field.max}, and not {value}")
    each = terms.amount if terms.each is None else terms.each
    if each > terms.amount:
        raise wrong(f"`each` is {each}, and `amount` no more than {terms.amount} in all")
    if terms.until is not None and terms.until <= now:
        raise wrong("`until` is past: name a moment that is to come, or none")
    limit = Limit(currency=terms.currency, each_minor=each, total_minor=terms.amount, period_s=terms.period_s)
    return Proposal(action=f"{action.interface}.{method.gives}", limit=limit, until=terms.until or 0)


def hindrance(router: Router, request: Request, proposal: Proposal) -> str:
    """Why a right would not hold that a request proposes, whatever the user said; empty where it would."""
    opened, question = router.unlocked(), request.question
    if request.under is not None or question.principal.type is not PrincipalType.CLIENT:
        return "a lasting right is proposed by a Client for itself, and not under another call"
    if not question.principal.tellable:
        return "it cannot be told from other programs, so that no right would be its own"
    if not question.resource.item:
        return f"{request.provider.name} settled nothing that a right could be held to"
    given = router.registry.method(proposal.action).action
    fields = {**question.fields, "amount": proposal.limit.each_minor}
    if not opened.engine.grantable(msgspec.structs.replace(question, action=given, fields=fields), opened.now()):
        most = full_amount(proposal.limit.each_minor, proposal.limit.currency)
        return f"the user is asked about each {given.id} of {most} all the same: propose less each time"
    return ""


def replaced(opened: Opened, client: str, action: str, where: tuple[str, str] | None, scope: Scope) -> list[Grant]:
    """What a right that is given now takes the place of: the Client's that came by a question, and up to an amount."""
    return [
        grant
        for grant in opened.lasting_grants()
        if grant.client == client
        and grant.origin is Origin.ASKED
        and grant.limit is not None
        and action in grant.actions
        and grant.where == where
        and (where is not None or grant.scope == scope)
    ]


def taken_place(grant: Grant) -> str:
    """What the user is told of a right whose place is taken."""
    limit = grant.limit
    up_to = "" if limit is None else f", up to {full_amount(limit.total_minor, limit.currency)}"
    return f"It takes the place of what you gave on {wording.moment(grant.since)}{up_to}."


def result_of(grant: Grant) -> bytes:
    """The result of a method that gave this right, encoded."""
    limit = grant.limit
    if limit is None:
        raise ValueError("a right that was proposed is up to an amount")
    terms = Terms(
        amount=limit.total_minor,
        currency=limit.currency,
        each=limit.each_minor,
        period_s=limit.period_s,
        until=grant.until or None,
    )
    return msgspec.json.encode(terms)
