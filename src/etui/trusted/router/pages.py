"""Pages of paired browsers, as a door speaks for them at one connection: native hosts, and the pages within each.

::

    introduce ──► a native host ──► pair, or prove (once) ──► proven ──► introduce_within ──► a page
                                                                 │ unpair
                                                                 └──► a native host without a pairing, and no page

Rules:

1. A page is of nobody's group: neither of the program that shows it, nor of its terminal or session. What any of these
   may do is nothing to it.
2. The pages of one origin in one browser have one share: so many requests at once, and a rate.
3. A page asks for services. It does not run the wallet: of the Router's own methods it has those of ``ITS_METHODS``.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import LIMITS, ErrorCode, ProtocolError, RateLimiter
from etui.trusted.dialog.text import looks_alike, runs_both_ways, single_line
from etui.trusted.evidence import Strength
from etui.trusted.policy import Principal, PrincipalType
from etui.trusted.router.callers import RANKS, Caller
from etui.trusted.router.pairings import CHALLENGE_BYTES, principal_of
from etui.trusted.router.turns import Lane

if TYPE_CHECKING:
    from etui.protocol import MessageId
    from etui.trusted.evidence import Origin
    from etui.trusted.router.pairings import Pairing

ITS_METHODS: Final = frozenset(
    request.METHOD
    for request in (
        wallet.Ends,
        wallet.Providers,
        wallet.Interfaces,
        wallet.Document,
        wallet.Why,
        wallet.Allowances,
    )
)
OUTSTANDING: Final = 16
_RATE: Final = msgspec.structs.replace(LIMITS, rate_per_s=1_000.0, burst=2_000)
_ENCODED: Final = "xn--"


class Host:
    """A native host: what it has to sign, empty once that was used, and the pairing that it has proven, if any."""

    def __init__(self) -> None:
        self.challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self.pairing = ""


class _Share:
    """What all frames of one origin in one browser have together."""

    def __init__(self, now: float) -> None:
        self.rate = RateLimiter(_RATE, now)
        self.frames = 0
        self.under_way = 0


class _Page(msgspec.Struct, frozen=True, eq=False):
    """A page: the handle of the native host that it is within, its principal, and its share."""

    host: str
    principal: str
    share: _Share


class WebPeers:
    """The native hosts at one connection, and the pages within them, by their handles."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self._pages: dict[str, _Page] = {}
        self._shares: dict[str, _Share] = {}
        self._asked: dict[MessageId, tuple[str, _Share | None]] = {}

    def add_host(self, handle: str) -> bytes:
        """A native host was introduced; what it has to sign."""
        host = self.hosts[handle] = Host()
        return host.challenge

    def add_page(self, handle: str, host: str, principal: str, now: float) -> None:
        """A page was introduced within a native host."""
        share = self._shares.setdefault(principal, _Share(now))
        share.frames += 1
        self._pages[handle] = _Page(host, principal, share)

    def admit(self, handle: str, request_id: MessageId, now: float) -> None:
        """Notes a request for a peer; raises ``ProtocolError`` (``too_many``) where a page has no more of its share."""
        page = self._pages.get(handle)
        share = None if page is None else page.share
        if share is not None:
            if share.under_way >= OUTSTANDING:
                raise ProtocolError(ErrorCode.TOO_MANY, f"{OUTSTANDING} requests of this page are not answered yet")
            if not share.rate.admits(now):
                raise ProtocolError(ErrorCode.TOO_MANY, "requests of this page come faster than the limit")
            share.under_way += 1
        self._asked[request_id] = (handle, share)

    def finish(self, request_id: MessageId) -> None:
        """A request was answered."""
        _, share = self._asked.pop(request_id, ("", None))
        if share is not None:
            share.under_way -= 1

    def within(self, host: str) -> list[str]:
        """The pages within a native host."""
        return [handle for handle, page in self._pages.items() if page.host == host]

    def proven(self, pairing: str) -> list[str]:
        """The native hosts that have proven this pairing."""
        return [handle for handle, host in self.hosts.items() if host.pairing == pairing]

    def forget(self, handle: str) -> list[MessageId]:
        """Forgets a page, or a native host that no page is within any more; its requests that are not answered."""
        self.hosts.pop(handle, None)
        page = self._pages.pop(handle, None)
        if page is not None:
            page.share.frames -= 1
            if not page.share.frames:
                del self._shares[page.principal]
        return [request_id for request_id, (asking, _) in self._asked.items() if asking == handle]


def page_caller(origin: Origin, pairing: str, paired: Pairing, host: Caller, *, key: bytes) -> Caller:
    """A page of a paired browser, whose native host this is; ``key``: the X25519 key of its session."""
    principal = Principal(
        type=PrincipalType.CLIENT, id=principal_of(origin.text, pairing), strength=RANKS[Strength.OBSERVED]
    )
    day = datetime.fromtimestamp(paired.since).astimezone()
    return Caller(
        principal=principal,
        label=page_label(origin),
        sentence=f"The page {origin.text}, in {paired.name} (paired on {day.day} {day:%b %Y}).",
        strength=Strength.OBSERVED,
        key=key,
        through=(host.principal.id, *host.through),
        names_through=(host.label, *host.names_through),
        lane=Lane.PAGES,
    )


def page_label(origin: Origin) -> str:
    """Host and port; an international name as it is read too, where nothing in it may be taken for another."""
    if _ENCODED not in origin.host:
        return origin.place
    import idna  # noqa: PLC0415  # its tables are for such names alone

    try:
        read = idna.decode(origin.host)
    except idna.IDNAError:
        return origin.place
    if looks_alike(read) or runs_both_ways(read) or single_line(read).text != read:
        return origin.place
    return f"{read} ({origin.place})"
