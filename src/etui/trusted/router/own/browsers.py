"""Paired browsers: how a native host comes to speak for pages, and how the user takes that back.

Only a door to which the namespace ``web`` is assigned asks for any of this, and a native host is a pipe that anybody
can start: what counts is the key of its browser profile, from the program that the user saw when it was paired.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import AuditRecord, Kind
from etui.trusted.audit import Outcome as Recorded
from etui.trusted.dialog.requests import Effect, ShownField
from etui.trusted.evidence import OriginError, read_origin
from etui.trusted.router.own.asking import Asking, Change, consent, oversee
from etui.trusted.router.own.beginning import check_room, session_key
from etui.trusted.router.pages import Host, WebPeers, page_caller
from etui.trusted.router.pairings import Pairing, comparison_code, is_key, proves

if TYPE_CHECKING:
    from etui.trusted.router.router import Router


async def pair(router: Router, asking: Asking, request: wallet.Pair) -> wallet.PairResult:
    """Answers ``wallet/1.pair``."""
    peers, host = _host(router, asking)
    caller = asking.caller
    if host.pairing:
        raise ProtocolError(ErrorCode.CONFLICT, "this browser is paired already; unpair it first")
    if not request.name.strip():
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "`name` is what the browser calls itself, and not empty")
    if not is_key(request.key):
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "`key` is no uncompressed point of P-256 (65 bytes)")
    if not router.unlocked().copy:
        text = f"{router.home / 'device'} cannot be read and written, so no pairing would hold: mend that, then lock"
        raise ProtocolError(ErrorCode.UNWRITABLE, text)
    if not caller.principal.tellable:
        raise _refused(router, asking, f"{caller.label} cannot be told from other programs, so no pairing is its own")
    fields = (
        ShownField(title="Browser, as it calls itself", value=request.name, material=True),
        ShownField(title="Its extension", value=request.about, material=True),
        ShownField(title="The browser shows the code", value=comparison_code(request.key), material=True),
        ShownField(title="From then on", value="its pages ask in their own names, which that browser says"),
    )
    await consent(router, asking, Change(effect=Effect.WIDENS, fields=fields))
    if peers.hosts.get(asking.peer) is not host or host.pairing:
        raise ProtocolError(ErrorCode.CANCELLED, "the browser has gone, or was paired meanwhile")
    opened = router.unlocked()
    now = int(opened.now())
    pairing = Pairing(
        key=request.key,
        door=asking.connection.name,
        program=caller.principal.id,
        label=caller.label,
        name=request.name,
        about=request.about,
        since=now,
        used=now,
        copy=opened.copy,
    )
    name = await _kept(router, asking, pairing)
    host.pairing = name
    return wallet.PairResult(pairing=name)


async def _kept(router: Router, asking: Asking, pairing: Pairing) -> str:
    """The id of a new pairing, once it is on record and durable; raises ``ProtocolError`` (``unwritable``)."""
    pairings = router.unlocked().pairings
    name, durable = pairings.add(pairing)
    try:
        _record(router, asking, Kind.GRANT, f"“{pairing.name}” is paired as {name}: its pages may ask")
        router.record_now()
        await durable
    except BaseException:
        pairings.remove(name)
        raise
    return name


def prove(router: Router, asking: Asking, request: wallet.Prove) -> wallet.ProveResult:
    """Answers ``wallet/1.prove``."""
    _, host = _host(router, asking)
    pairings = router.unlocked().pairings
    if host.pairing:
        raise ProtocolError(ErrorCode.CONFLICT, "this native host has proven a pairing already")
    challenge, host.challenge = host.challenge, b""
    if not challenge:
        raise _refused(router, asking, "what this native host had to sign was used up; introduce it anew")
    paired = pairings.get(request.pairing)
    if paired is None:
        text = "there is no such pairing: the user ended it, or made it in another copy of this wallet; pair anew"
        raise _refused(router, asking, text, ErrorCode.UNKNOWN_ITEM)
    if (paired.door, paired.program) != (asking.connection.name, asking.caller.principal.id):
        raise _refused(router, asking, f"the pairing is that of {paired.label}, and no other program's")
    if not proves(paired.key, challenge, request.pairing, request.signature):
        raise _refused(router, asking, "the signature is not that of the paired browser over what it had to sign")
    pairings.note_use(request.pairing, int(router.unlocked().now()))
    _record(router, asking, Kind.DECISION, f"it has the key of the pairing {request.pairing}")
    host.pairing = request.pairing
    return wallet.ProveResult()


def introduce_within(router: Router, asking: Asking, request: wallet.IntroduceWithin) -> wallet.IntroduceWithinResult:
    """Answers ``wallet/1.introduce_within``."""
    peers, host = _host(router, asking)
    pairings = router.unlocked().pairings
    paired = pairings.get(host.pairing)
    if paired is None:
        raise _refused(router, asking, "this native host has proven no pairing, so it speaks for no page")
    try:
        origin = read_origin(request.name)
    except OriginError as error:
        raise _refused(router, asking, str(error), ErrorCode.INVALID_PARAMS) from None
    connection = asking.connection
    check_room(connection)
    key = session_key(request.key) if request.key is not None else asking.caller.key
    caller = page_caller(origin, host.pairing, paired, asking.caller, key=key)
    handle = router.next_peer()
    connection.peers[handle] = caller
    peers.add_page(handle, asking.peer, caller.principal.id, asyncio.get_running_loop().time())
    pairings.note_use(host.pairing, int(router.unlocked().now()))
    return wallet.IntroduceWithinResult(
        peer=handle, client=caller.principal.id, label=caller.label, strength=caller.strength.value
    )


async def pairings(router: Router, asking: Asking, request: shell.Pairings) -> shell.PairingsResult:
    """Answers ``shell/1.pairings``."""
    del request
    await oversee(router, asking)
    rows = [
        shell.PairingRow(
            pairing=name,
            name=row.name,
            about=row.about,
            program=row.program,
            since=row.since,
            last=row.used,
        )
        for name, row in router.unlocked().pairings.all().items()
    ]
    return shell.PairingsResult(pairings=sorted(rows, key=lambda row: -row.last))


async def unpair(router: Router, asking: Asking, request: shell.Unpair) -> shell.UnpairResult:
    """Answers ``shell/1.unpair``; whoever asks, since it narrows what pages may do."""
    opened = router.unlocked()
    paired = opened.pairings.get(request.pairing)
    if paired is None:
        text = f"no browser is paired as {request.pairing!r}; `etui browser list` lists those that are"
        raise ProtocolError(ErrorCode.UNKNOWN_ITEM, text)
    opened.pairings.remove(request.pairing)
    revoked = opened.revoke_pages(request.pairing)
    router.path.drop_routes()
    _end_pages(router, request.pairing)
    text = f"“{paired.name}” is paired no more ({request.pairing}); {revoked} rights of its pages were taken back"
    _record(router, asking, Kind.GRANT, text)
    await opened.state.durable()
    return shell.UnpairResult(revoked=revoked)


def _end_pages(router: Router, pairing: str) -> None:
    """Forgets the pages of a browser that is paired no more, and gives up what they wait for."""
    for connection in router.connections:
        if (peers := connection.web) is None:
            continue
        for handle in peers.proven(pairing):
            peers.hosts[handle].pairing = ""
            for page in peers.within(handle):
                router.dismiss(connection, page)


def _host(router: Router, asking: Asking) -> tuple[WebPeers, Host]:
    """The native host that ``for`` names, among those of its door.

    Raises ``ProtocolError``: ``denied`` from anybody but a door of the namespace, ``locked``, and ``invalid_request``
    where ``for`` names no native host.
    """
    peers = asking.connection.web
    if peers is None:
        raise _refused(router, asking, "only a door to which the namespace `web` is assigned speaks for pages")
    router.unlocked()
    host = peers.hosts.get(asking.peer)
    if host is None:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, "`for` has to name a native host that was introduced here")
    return peers, host


def _refused(router: Router, asking: Asking, reason: str, code: ErrorCode = ErrorCode.DENIED) -> ProtocolError:
    """The error for what is refused, which is on record."""
    return ProtocolError(code, reason, why=router.record_refusal(asking.caller, asking.method, reason))


def _record(router: Router, asking: Asking, kind: Kind, what: str) -> None:
    record = AuditRecord(
        kind=kind,
        outcome=Recorded.DONE,
        subject=asking.caller.subject,
        action=asking.method.action.id,
        chain=asking.caller.through,
        reason=what,
    )
    router.recorder.event(record, sync=True)
