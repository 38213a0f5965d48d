"""A lasting right that is changed: what lowers it works at once, what raises it is put to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.standards.money import full_amount
from etui.trusted.dialog.requests import Effect, ShownField
from etui.trusted.router import wording
from etui.trusted.router.own.asking import Asking, Change, consent

if TYPE_CHECKING:
    from etui.trusted.policy import Grant, Limit
    from etui.trusted.router.router import Router
    from etui.trusted.router.wallet import Opened


async def amend(router: Router, asking: Asking, request: wallet.Amend) -> wallet.AmendResult:
    """Answers ``wallet/1.amend``."""
    opened = router.unlocked()
    old = _lasting(opened, request.grant)
    raised = _is_raised(old, _amended(opened, old, request))
    if raised:
        about = Change(
            effect=Effect.WIDENS,
            action=f"have a lasting right of {old.label or old.client} raised",
            what=old.what,
            fields=_shown(asking, old, _amended(opened, old, request)),
        )
        await consent(router, asking, about)
        if _lasting(opened, request.grant) != old:
            text = "the right was changed while the user was asked about it: look at it again"
            raise ProtocolError(ErrorCode.ALTERED, text)
    new = _amended(opened, old, request)
    left = f", {max(0, new.uses - opened.spending.of(new).uses)} uses left" if new.uses else ""
    if raised:
        router.recorder.regranted(asking.caller, new, wallet.Amend.METHOD, f"raised{left}")
        router.record_now()
        await opened.raise_to(new)
    else:
        opened.lower_to(new)
        router.recorder.regranted(asking.caller, new, wallet.Amend.METHOD, f"lowered{left}")
    router.path.drop_routes()
    await opened.state.durable()
    return wallet.AmendResult(raised=raised)


def _lasting(opened: Opened, name: str) -> Grant:
    """A right by its id; raises ``ProtocolError`` where none that lasts has it."""
    found = next((grant for grant in opened.lasting_grants() if grant.id == name), None)
    if found is None:
        text = f"there is no lasting right {name[:64]!r}: it ended, was taken back, or never was"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    return found


def _amended(opened: Opened, old: Grant, request: wallet.Amend) -> Grant:
    """The right as it is to be; raises ``ProtocolError`` (``invalid_params``) for what is no change of it."""
    changes = (request.until, request.uses_left, request.limit_minor, request.each_minor)
    if changes == (None,) * len(changes):
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "nothing is to be changed: name a day, uses or an amount")
    if request.until is not None and request.until <= opened.now():
        text = "that moment is past: `wallet/1.revoke` takes the right back"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    uses = old.uses if request.uses_left is None else opened.spending.of(old).uses + request.uses_left
    until = old.until if request.until is None else request.until
    return msgspec.structs.replace(old, until=until, uses=uses, limit=_amended_limit(old.limit, request))


def _amended_limit(old: Limit | None, request: wallet.Amend) -> Limit | None:
    if request.limit_minor is None and request.each_minor is None:
        return old
    if old is None:
        text = "this right has no amount that could be changed; `wallet/1.grant` gives one up to an amount"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    total = old.total_minor if request.limit_minor is None else request.limit_minor
    each = min(old.each_minor, total) if request.each_minor is None else request.each_minor
    if each > total:
        most = full_amount(total, old.currency)
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"the right is up to {most} in all, and no more each time")
    return msgspec.structs.replace(old, total_minor=total, each_minor=each)


def _is_raised(old: Grant, new: Grant) -> bool:
    """Whether anything is allowed by the new right that the old one did not allow."""
    longer = bool(old.until) and new.until > old.until
    more_often = bool(old.uses) and new.uses > old.uses
    more = (
        old.limit is not None
        and new.limit is not None
        and (new.limit.total_minor > old.limit.total_minor or new.limit.each_minor > old.limit.each_minor)
    )
    return longer or more_often or more


def _shown(asking: Asking, old: Grant, new: Grant) -> tuple[ShownField, ...]:
    """The right as the user reads it: whose it is, for what, and what of it is changed."""
    given: dict[str, object] = msgspec.json.decode(asking.params, type=dict[str, object])
    plain = {name: value for name, value in given.items() if name in {"until", "uses_left"}}
    return (
        ShownField(title="Client", value=old.client, material=True),
        ShownField(title="May", value=", ".join(old.actions), material=True),
        ShownField(title="Item", value=old.what or "everything", material=True),
        *wording.shown_fields(asking.method, plain, {}),
        *(wording.shown_limit(new.limit) if new.limit is not None and new.limit != old.limit else ()),
    )
