"""Who asks the Router itself for something, and the consent to what it would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.interfaces.adviser_1 import Party
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.dialog.requests import Effect, ShownField
from etui.trusted.policy import Outcome, Question, Resource
from etui.trusted.router import wording
from etui.trusted.router.connection import Connection
from etui.trusted.router.consent import AllowedMeanwhileError, Asked, digest_of

if TYPE_CHECKING:
    from etui.interfaces import Value
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.registry import Method
    from etui.trusted.router.router import Router


class Asking(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Who asks, by which connection and method, and the params as they came.

    ``fields``: what policy sees of the params. ``provider``: which one is meant, where an interface has several.
    ``peer``: the handle of whom a door speaks for. ``quiet``: rather no than a question.
    """

    connection: Connection
    caller: Caller
    method: Method
    params: bytes
    fields: dict[str, Value]
    provider: str = ""
    peer: str = ""
    quiet: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What the Router is asked to change, in words.

    ``action`` finishes "NAME wants to …"; without it the interface's own words do. ``what``: the item's name.
    ``fields``: shown instead of the params. ``effect``: what a yes leaves behind.
    ``parties``: whom it is about, for advisers. ``unadvised``: no adviser has a say in it.
    """

    effect: Effect

    action: str = ""
    what: str = ""
    fields: tuple[ShownField, ...] = ()
    parties: tuple[Party, ...] = ()
    unadvised: bool = False


OVERSEEING: Final = tuple(
    request.METHOD
    for request in (
        shell.Shelves,
        shell.Inventory,
        shell.Space,
        shell.Clients,
        shell.AskAgain,
        shell.Grants,
        shell.Pairings,
        shell.Audit,
        shell.Known,
        wallet.Why,
    )
)
"""What a Shell or a command line sees of the wallet: names, never a secret. One yes is for all of it."""


async def oversee(router: Router, asking: Asking) -> None:
    """Has the user allow this Client to see what lies in the wallet and what was done with it, once for all of it."""
    await _consent(router, asking, Change(effect=Effect.PASSES), overseeing=True)


async def consent(router: Router, asking: Asking, change: Change) -> None:
    """Puts a change to the user, unless a grant allows it already, and on record before anything is done.

    Raises ``ProtocolError`` where it is not allowed, or cannot be recorded.
    """
    await _consent(router, asking, change, overseeing=False)
    router.record_now()


async def _consent(router: Router, asking: Asking, change: Change, *, overseeing: bool) -> None:
    opened = router.unlocked()
    method = asking.method
    question = Question(
        principal=asking.caller.principal,
        action=method.action,
        resource=Resource(extension="router"),
        fields=asking.fields,
    )
    values: dict[str, object] = msgspec.json.decode(asking.params, type=dict[str, object])
    names = {"item": change.what} if change.what else {}
    action = change.action or wording.sentence(method, values, names)
    words = "" if overseeing else action
    decision = opened.engine.decide(question, opened.grants, opened.now())
    if decision.outcome is Outcome.DENY:
        why = router.recorder.decision(asking.caller, question, decision, Recorded.DENIED, words=words)
        raise ProtocolError(ErrorCode.DENIED, f"policy {', '.join(decision.policies)} forbids it", why=why)
    if decision.outcome is Outcome.ALLOW:
        opened.met(asking.caller)
        router.recorder.decision(asking.caller, question, decision, Recorded.ALLOWED, words=words)
        return
    if overseeing and router.own.parts.has_before(asking, opened.now()):
        confirmed = opened.engine.confirm(question, decision.assurance, opened.now())
        if confirmed.outcome is Outcome.ALLOW:
            router.own.parts.told(asking, opened.now())
            reason = "the user let it see the part of the list before this"
            router.recorder.decision(asking.caller, question, confirmed, Recorded.ALLOWED, reason=reason)
            return
    if asking.quiet:
        reason = "the user would have had to be asked"
        why = router.recorder.decision(asking.caller, question, decision, Recorded.DENIED, reason=reason, words=words)
        raise ProtocolError(ErrorCode.DENIED, "the user would have to be asked", why=why)
    asked = Asked(
        caller=asking.caller,
        question=question,
        decision=decision,
        action=action,
        digest=digest_of(asking.caller, method.action.id, asking.params, ()),
        fields=change.fields or wording.shown_fields(method, values, names),
        what=change.what,
        lasting=overseeing,
        names_only=overseeing,
        effect=change.effect,
        parties=change.parties,
        unadvised=change.unadvised,
        wanting=(question,) if overseeing else (),
    )
    try:
        consented = await router.consent.ask(asked)
    except AllowedMeanwhileError:
        await _consent(router, asking, change, overseeing=overseeing)
        return
    opened.met(asking.caller)
    if overseeing:
        router.own.parts.told(asking, opened.now())
    await router.consent.remember(asked, consented, OVERSEEING if overseeing else (method.action.id,))
