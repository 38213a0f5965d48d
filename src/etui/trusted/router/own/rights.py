"""Who may do what: Clients and their grants."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import has_words
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import (
    AuditRecord,
    Kind,
)
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.dialog.requests import Effect
from etui.trusted.policy import Grant, Limit, Origin, Scope, ScopeType
from etui.trusted.router import wording
from etui.trusted.router.giving import give
from etui.trusted.router.own.asking import Asking, Change, consent, oversee
from etui.trusted.router.own.paging import page_of

if TYPE_CHECKING:
    from etui.trusted.dialog.requests import ShownField
    from etui.trusted.router.registry import Method
    from etui.trusted.router.router import Router

_UNTOLD: Final = "session:"
"""How the name of whatever cannot be told from other programs of a session begins (`evidence`)."""
_MOST_NAMED: Final = 40
"""Of the rights that are taken back at once, in a record of them."""
_OF_LIMIT: Final = frozenset({"limit_minor", "each_minor", "period_s", "currency"})


async def clients(router: Router, asking: Asking, request: shell.Clients) -> shell.ClientsResult:
    """Answers ``shell/1.clients``: who was here last comes first, who was never here last."""
    await oversee(router, asking)
    opened = router.unlocked()
    lasting = opened.lasting_grants()
    rights = Counter(grant.client for grant in lasting)
    labels = {grant.client: grant.label or grant.client for grant in lasting}
    known = opened.clients.rows()
    now_s = asyncio.get_running_loop().time()

    def told(client: str) -> shell.ClientRow:
        row = known.get(client)
        no = router.pauses.longest(client, now_s)
        if row is None:
            return shell.ClientRow(client=client, label=labels[client], strength="", rights=rights[client])
        return shell.ClientRow(
            client=client,
            label=row.label,
            strength=row.strength,
            since=row.since,
            last=row.last,
            rights=rights[client],
            refused_until=None if no is None else math.ceil(opened.now() + no.until - now_s),
        )

    words = (request.text or "").split()
    fitting = [
        client
        for client in {**known, **labels}
        if request.client in {None, client}
        and has_words((client, known[client].label if client in known else labels[client]), words)
    ]
    fitting.sort(key=lambda client: (-known[client].last if client in known else 0, client))
    if request.limit is None:
        return shell.ClientsResult(clients=[told(client) for client in fitting])
    page = await page_of(fitting, told, skip=request.skip, limit=request.limit)
    return shell.ClientsResult(clients=page, total=len(fitting))


async def ask_again(router: Router, asking: Asking, request: shell.AskAgain) -> shell.AskAgainResult:
    """Answers ``shell/1.ask_again``: only who may see what was refused can have it asked about again."""
    await oversee(router, asking)
    ended = router.pauses.end(request.client, asyncio.get_running_loop().time())
    return shell.AskAgainResult(ended=ended)


async def grants(router: Router, asking: Asking, request: shell.Grants) -> shell.GrantsResult:
    """Answers ``shell/1.grants``, the newest first."""
    await oversee(router, asking)
    words = (request.text or "").split()
    fitting = [
        grant
        for grant in router.unlocked().lasting_grants()
        if request.client in {None, grant.client}
        and request.grant in {None, grant.id}
        and has_words((grant.client, grant.label, grant.what, *grant.actions), words)
    ]
    fitting.sort(key=lambda grant: (-grant.since, grant.id))

    def told(grant: Grant) -> shell.GrantRow:
        return _grant_row(router, grant)

    if request.limit is None:
        return shell.GrantsResult(grants=[told(grant) for grant in fitting])
    page = await page_of(fitting, told, skip=request.skip, limit=request.limit)
    return shell.GrantsResult(grants=page, total=len(fitting))


def allowances(router: Router, asking: Asking, request: wallet.Allowances) -> wallet.AllowancesResult:
    """Answers ``wallet/1.allowances``: of who asks alone, and with nothing that names what lies in the wallet."""
    opened = router.unlocked()
    now = opened.now()
    rows = [
        wallet.Allowance(
            action=", ".join(one.actions),
            only_for=one.where[1] if one.where is not None else None,
            limit_minor=limit.total_minor,
            each_minor=limit.each_minor,
            left_minor=opened.spending.left_minor(one, now) or 0,
            currency=limit.currency,
            period_s=limit.period_s or None,
            since=one.since,
            until=one.until or None,
        )
        for one in sorted(opened.lasting_grants(), key=lambda grant: (-grant.since, grant.id))
        if one.client == asking.caller.principal.id
        and asking.caller.principal.tellable
        and (limit := one.limit) is not None
        and (not one.until or now < one.until)
        and (request.action is None or request.action in one.actions)
        and request.only_for in {None, None if one.where is None else one.where[1]}
    ]
    return wallet.AllowancesResult(allowances=rows)


async def known(router: Router, asking: Asking, request: shell.Known) -> shell.KnownResult:
    """Answers ``shell/1.known``, the longest known first."""
    await oversee(router, asking)
    rows, silent = await router.advisers.known()
    page = await page_of(rows, lambda row: row, skip=request.skip, limit=request.limit or len(rows))
    left_out = [f"{name}: it gave no answer" for name in silent]
    return shell.KnownResult(known=page, total=len(rows), left_out=left_out or None)


def _grant_row(router: Router, grant: Grant) -> shell.GrantRow:
    opened, limit = router.unlocked(), grant.limit
    spent = opened.spending.of(grant)
    return shell.GrantRow(
        grant=grant.id,
        client=grant.client,
        label=grant.label or grant.client,
        action=", ".join(grant.actions),
        scope=grant.scope.type.value,
        what=grant.what,
        why=grant.origin.value,
        since=grant.since,
        until=grant.until or None,
        uses_left=max(0, grant.uses - spent.uses) if grant.uses else None,
        limit_minor=limit.total_minor if limit is not None else None,
        currency=limit.currency if limit is not None else None,
        left_minor=opened.spending.left_minor(grant, opened.now()),
        each_minor=limit.each_minor if limit is not None else None,
        period_s=(limit.period_s or None) if limit is not None else None,
    )


async def grant(router: Router, asking: Asking, request: wallet.Grant) -> wallet.GrantResult:
    """Answers ``wallet/1.grant``."""
    opened = router.unlocked()
    method = router.registry.method(request.action)
    _check_givable(method, request)
    if request.until is not None and request.until <= opened.now():
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "`until` is past: name a moment that is to come, or none")
    provider = router.registry.provider_of(method.action.interface, asking.provider)
    scope = Scope(ScopeType.EXTENSION, provider.principal)
    what = f"everything in {provider.name}"
    if request.item is not None:
        place = router.place(asking.caller, asking.method, request.item)
        owner = router.registry.by_installation(place.installation)
        if owner is None:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "the item's Extension is not installed any more")
        scope = Scope(ScopeType.ITEM, owner.principal, place.item)
        entry = owner.items.get(place.item)
        what = entry.label if entry is not None else "an item"
    where = _where(method, request)
    if where is not None and request.item is None and not method.item_field:
        resource = provider.resource_of_value(*where)
        scope, what, where = Scope(ScopeType.ITEM, resource.extension, resource.item), where[1], None
    elif where is not None:
        what = f"{what}, {where[1]}"
    limit = None
    if request.limit_minor is None or not request.currency:
        if (request.limit_minor, request.each_minor, request.period_s, request.currency) != (None,) * 4:
            text = "an amount for each time, a period and a currency go with limit_minor, and that with a currency"
            raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    else:
        limit = Limit(
            currency=request.currency,
            each_minor=request.limit_minor if request.each_minor is None else request.each_minor,
            total_minor=request.limit_minor,
            period_s=request.period_s or 0,
        )
    await consent(router, asking, Change(effect=Effect.WIDENS, what=what, fields=_shown(asking, what, limit)))
    given = opened.add_grant(
        request.client,
        (request.action,),
        scope,
        Origin.GIVEN,
        until=request.until or 0,
        uses=request.uses or 0,
        limit=limit,
        where=where,
        label=request.client,
        what=what,
    )
    router.path.drop_routes()
    await give(router, asking.caller, [given], wallet.Grant.METHOD)
    return wallet.GrantResult(grant=given[0].id)


def _check_givable(method: Method, request: wallet.Grant) -> None:
    """Raises ``ProtocolError`` for a right that would never be used, or that nobody may be given."""
    if method.action.callers != "anyone":
        raise ProtocolError(ErrorCode.DENIED, f"{request.action} is not for Clients")
    if method.compiled.method.gives is not None:
        text = f"{request.action} is asked about each time: a right to it would allow nothing"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    if ":" not in request.client:
        text = f"no program is called {request.client[:80]!r} here; `etui clients` lists them, as app:/usr/bin/mailer"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    if request.client.startswith(_UNTOLD):
        text = f"{request.client} is all that cannot be told apart in a session; no right holds for it: name a script"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    if request.item is None and method.settles_item:
        text = (
            f"which item {request.action} uses is settled only as it is called, and may be another Extension's;"
            " a right to it is for one: name that in `item`"
        )
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)


def _where(method: Method, request: wallet.Grant) -> tuple[str, str] | None:
    """For which value of the method's scope alone the right holds; raises ``ProtocolError`` where it has none.

    Where the method names no item, that value is what policy decides about in an item's place.
    """
    if request.only_for is None:
        return None
    scope = method.compiled.scope
    if not scope or (request.item is None and method.item_field):
        text = (
            f"only_for goes with a method that has a scope, and with an item where that names one;"
            f" {request.action} has the scope {scope or 'none'}"
        )
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    return scope, request.only_for


def _shown(asking: Asking, what: str, limit: Limit | None) -> tuple[ShownField, ...]:
    """The right as the user reads it: what it is for in any case, and its limit in words."""
    given: dict[str, object] = msgspec.json.decode(asking.params, type=dict[str, object])
    plain = {name: value for name, value in given.items() if name not in _OF_LIMIT}
    fields = wording.shown_fields(asking.method, {"item": None, **plain}, {"item": what})
    return fields if limit is None else (*fields, *wording.shown_limit(limit))


async def revoke(router: Router, asking: Asking, request: wallet.Revoke) -> wallet.RevokeResult:
    """Answers ``wallet/1.revoke``."""
    opened = router.unlocked()
    revoked = 0
    if request.grant is not None and (gone := opened.grants.get(request.grant)) is not None:
        revoked += opened.revoke(gone.id)
        router.recorder.regranted(asking.caller, gone, wallet.Revoke.METHOD, "taken back")
    if request.client is not None:
        names = [grant.id for grant in opened.grants if grant.client == request.client]
        revoked += opened.revoke_client(request.client)
        _record_all_gone(router, asking, request.client, names)
    router.path.drop_routes()
    await opened.state.durable()
    return wallet.RevokeResult(revoked=revoked)


def _record_all_gone(router: Router, asking: Asking, client: str, names: list[str]) -> None:
    """Records that everything was taken back from a Client; ``names``: the ids of its rights."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    which = f": {', '.join(names[:_MOST_NAMED])}{more}" if names else ""
    record = AuditRecord(
        kind=Kind.GRANT,
        outcome=Recorded.DONE,
        subject=asking.caller.subject,
        action=wallet.Revoke.METHOD,
        reason=f"all was taken back from {client}, its references and {len(names)} rights{which}",
    )
    router.recorder.event(record, sync=True)
