"""What the Router has only while the wallet is unlocked: state, references, grants, counters, and the policies.

``Opened`` is made at unlock and ends with the process at lock; nothing of it is kept when keys are gone.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.protocol import ProtocolError
from etui.trusted.copies import copy_of
from etui.trusted.package import Assurance as ManifestAssurance
from etui.trusted.package import Evidence as ManifestEvidence
from etui.trusted.package import Manifest
from etui.trusted.policy import (
    ForwardClock,
    Grant,
    GrantTable,
    Limit,
    Origin,
    PolicyEngine,
    PolicyError,
    ProfileRule,
    Scope,
    ScopeType,
    Spending,
    Spent,
    compile_profile,
    must_only_forbid,
)
from etui.trusted.router.callers import SESSION_GROUP
from etui.trusted.router.clients import Clients
from etui.trusted.router.pairings import Pairings, is_page_of
from etui.trusted.router.references import References
from etui.trusted.router.state import State

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from etui.interfaces import CompiledInterface
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.references import Place
    from etui.trusted.router.registry import Provider, Registry

_ROUTER: Final = "router"
_CLOCK_STEP_S: Final = 60.0
_LEAST_ASSURANCES: Final = {
    ManifestAssurance.NONE: 0,
    ManifestAssurance.CONSENT: 1,
    ManifestAssurance.FINGERPRINT: 2,
    ManifestAssurance.PIN: 2,
}
_MAX_TRANSIENT: Final = 4096


class Keys(msgspec.Struct, frozen=True):
    """What the vault hands the Router: keys of the state, the audit and the header, 32 bytes each."""

    state: bytes
    audit: bytes
    header: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


class Opened:
    """An unlocked wallet, as the Router has it."""

    def __init__(self, home: Path, keys: Keys, registry: Registry) -> None:
        self.keys = keys
        self.state = State(home / "router" / "state.db", keys.state)
        self.references = References(keys.state)
        self.grants = GrantTable(self.state.all("grant", Grant).values())
        self.spending = Spending(self.state.all("spent", Spent).values())
        self.clients = Clients(self.state)
        if self.state.damaged or self.state.is_new:
            self._after_damage()
        self.settings = self.state.all("setting", str)
        self.hidden = set(self.state.all("hidden", bool))
        """Links that the user wants to see no more, as ``hidden_link`` names them."""
        self.copy = copy_of(home, _ROUTER)
        """Which copy of the wallet this is; empty where the disk does not say."""
        self.pairings = Pairings(self.state, self.copy)
        self.clock = ForwardClock(self.state.all("clock", float).get("highest", 0.0))
        self._registry = registry
        self.engine = self._engine(home, registry)
        self.unlocked_at = time.time()
        self._clock_kept = self.clock.highest
        self._transient: dict[str, None] = {}
        self._drop_ended()
        for pairing in self.pairings.foreign:
            self.revoke_pages(pairing)

    def _drop_ended(self) -> None:
        """Forgets the grants that have run out: they are in the audit."""
        now = self.now()
        for grant in [grant for grant in self.grants if grant.until and grant.until <= now]:
            self.revoke(grant.id)

    def _after_damage(self) -> None:
        """A row that was lost may have counted uses or taken references back: what is counted ends, and references too.

        So it is with a new file, which may stand in the place of one that was lost.
        """
        for grant in [grant for grant in self.grants if grant.uses or grant.limit is not None]:
            self.grants.remove(grant.id)
            self.state.owe("grant", grant.id, None)
        self.clients.begin_epochs(secrets.randbits(40))

    def now(self) -> float:
        """The wallet's time, in seconds since 1970; it never goes back."""
        now = self.clock.see(time.time())
        if now - self._clock_kept > _CLOCK_STEP_S:
            self._clock_kept = now
            self.state.owe("clock", "highest", now)
        return now

    def place(self, client: str, reference: str) -> Place:
        """The item that a reference of this Client means; raises ``ProtocolError`` (``unknown_reference``)."""
        return self.references.open(client, self.clients.epoch(client), reference)

    def met(self, caller: Caller) -> None:
        """Notes that a Client was here."""
        if self.clients.met(caller, int(self.now())):
            self.clients.forget({grant.client for grant in self.grants})

    def add_grant(  # noqa: PLR0913  # a grant has these parts
        self,
        client: str,
        actions: tuple[str, ...],
        scope: Scope,
        origin: Origin,
        *,
        until: int = 0,
        uses: int = 0,
        limit: Limit | None = None,
        where: tuple[str, str] | None = None,
        label: str = "",
        what: str = "",
    ) -> tuple[Grant, asyncio.Future[None]]:
        """A new grant, in force at once; the future is done when it is durable."""
        grant = Grant(
            id="g-" + secrets.token_hex(6),
            client=client,
            actions=actions,
            scope=scope,
            origin=origin,
            since=int(self.now()),
            until=until,
            uses=uses,
            limit=limit,
            where=where,
            label=label,
            what=what,
        )
        self.grants.add(grant)
        self.engine.granted()
        return grant, self.state.put("grant", grant.id, grant)

    async def kept(self, grant: Grant, durable: asyncio.Future[None]) -> None:
        """Returns when a new grant is durable; where it cannot be it holds no more, and ``ProtocolError`` is raised."""
        try:
            await durable
        except ProtocolError:
            self.revoke(grant.id)
            raise

    def lower_to(self, grant: Grant) -> None:
        """Puts a lesser right in the place of that with its id at once, for good once the state is durable."""
        self.grants.add(grant)
        self.engine.drop()
        self.state.owe("grant", grant.id, grant)

    async def raise_to(self, grant: Grant) -> None:
        """Puts a greater right in the place of that with its id, durable when this returns.

        Raises ``ProtocolError`` where it cannot be written, with the lesser one in force.
        """
        lesser = self.grants.get(grant.id)
        self.grants.add(grant)
        self.engine.drop()
        try:
            await self.state.put("grant", grant.id, grant)
        except ProtocolError:
            if lesser is not None and self.grants.get(grant.id) is grant:
                self.lower_to(lesser)
            raise

    def add_transient_grant(  # noqa: PLR0913  # as above
        self,
        client: str,
        actions: tuple[str, ...],
        scope: Scope,
        *,
        lasts_s: int,
        origin: Origin,
        where: tuple[str, str] | None = None,
        label: str = "",
        what: str = "",
    ) -> Grant:
        """A grant to a Client or a group of them, which ends with the wallet's next lock at the latest."""
        now = int(self.now())
        grant = Grant(
            id="t-" + secrets.token_hex(6),
            client=client,
            actions=actions,
            scope=scope,
            origin=origin,
            since=now,
            until=now + lasts_s,
            where=where,
            label=label,
            what=what,
        )
        self.grants.add(grant)
        self._transient[grant.id] = None
        while len(self._transient) > _MAX_TRANSIENT:
            oldest = next(iter(self._transient))
            del self._transient[oldest]
            self.grants.remove(oldest)
            self.engine.drop()
        self.engine.granted()
        return grant

    def lasting_grants(self) -> list[Grant]:
        """The grants that outlive this unlock."""
        return [grant for grant in self.grants if grant.id not in self._transient]

    def revoke(self, grant_id: str) -> bool:
        """Takes a grant back at once, for good once the state is durable; whether there was one."""
        if self.grants.remove(grant_id) is None:
            return False
        self.spending.forget(grant_id)
        self.engine.drop()
        self.state.owe("grant", grant_id, None)
        self.state.owe("spent", grant_id, None)
        return True

    def revoke_client(self, client: str) -> int:
        """Takes everything back from a Client: its grants, and the references that it holds; how many grants."""
        gone = [grant.id for grant in self.grants if grant.client == client]
        for grant_id in gone:
            self.revoke(grant_id)
        self.clients.take_back(client)
        return len(gone)

    def revoke_pages(self, pairing: str) -> int:
        """Takes everything back from all pages of a paired browser; how many grants that were."""
        known = {*self.clients, *(grant.client for grant in self.grants)}
        return sum(self.revoke_client(client) for client in known if is_page_of(client, pairing))

    def forget_item(self, provider: Provider, item: str) -> None:
        """Drops what was known of an item that is gone, its grants too."""
        provider.forget(item)
        scope = Scope(ScopeType.ITEM, provider.principal, item)
        for grant in [grant for grant in self.grants if grant.scope == scope]:
            self.revoke(grant.id)

    def forget_extension(self, principal: str) -> None:
        """Drops all that was granted to an Extension that is gone, and on it: its name's next bearer has nothing."""
        for grant in [grant for grant in self.grants if grant.scope.extension == principal]:
            self.revoke(grant.id)
        self.revoke_client(principal)
        for link in [link for link in self.hidden if link.startswith(f"{principal} ")]:
            self.hide(link, hidden=False)

    def hide(self, link: str, *, hidden: bool) -> None:
        """Hides a link, or shows it again; for good once the state is durable."""
        (self.hidden.add if hidden else self.hidden.discard)(link)
        self.state.owe("hidden", link, True if hidden else None)

    def forget_interfaces(self, principal: str, interfaces: set[str]) -> None:
        """Drops what was granted on an Extension for interfaces that it serves no more."""
        for grant in [grant for grant in self.grants if grant.scope.extension == principal]:
            if all({action, action.rpartition(".")[0]} & interfaces for action in grant.actions):
                self.revoke(grant.id)

    def close_session(self) -> None:
        """Lets no program read something for being of the session; for good once the state is durable."""
        for grant in [g for g in self.grants if g.client == f"group:{SESSION_GROUP}"]:
            self.revoke(grant.id)

    def open_session(self) -> list[tuple[Grant, asyncio.Future[None]]]:
        """Grants by which any program of the session reads what is in no group, each as ``add_grant`` gives it."""
        self.close_session()
        return [
            self.add_grant(
                f"group:{SESSION_GROUP}",
                actions,
                Scope(ScopeType.GROUP, provider.principal, ""),
                Origin.GIVEN,
                label="any program of this session",
                what="everything outside collections",
            )
            for provider in self._registry.packages()
            for interface in provider.documents
            if (actions := tuple(f"{interface.id}.{name}" for name in interface.document.session))
        ]

    def reload_policies(self, home: Path) -> None:
        """Reads the policies again, as after an install; raises ``PolicyError`` with the old ones in force."""
        self.engine = self._engine(home, self._registry)

    def check_policies(self, home: Path, manifest: Manifest, documents: tuple[CompiledInterface, ...]) -> None:
        """Raises ``PolicyError`` where the policies would not load with this Extension installed."""
        principal = manifest.principal
        interfaces = {**self._registry.interfaces, **{document.id: document for document in documents}}
        profiles = {**self._profiles(besides=principal), **compile_profile(principal, profile_rules(manifest))}
        PolicyEngine(interfaces.values(), operator=_operator(home), profiles=profiles)

    def _engine(self, home: Path, registry: Registry) -> PolicyEngine:
        return PolicyEngine(registry.interfaces.values(), operator=_operator(home), profiles=self._profiles())

    def _profiles(self, besides: str = "") -> dict[str, object]:
        """What the installed Extensions declare of themselves, compiled; ``besides``: one that is left out."""
        profiles: dict[str, object] = {}
        for provider in self._registry.packages():
            if provider.package is not None and provider.principal != besides:
                profiles |= compile_profile(provider.principal, profile_rules(provider.package.manifest))
        return profiles


def hidden_link(extension: str, method: str) -> str:
    """How a link of an Extension is named where it is hidden."""
    return f"{extension} {method}"


def _operator(home: Path) -> dict[str, str]:
    """The operator's policies by file name; raises ``PolicyError`` for a file that cannot be read, or that permits."""
    texts: dict[str, str] = {}
    for path in sorted((home / "operator").glob("*.cedar")):
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"{path}: {error}") from None
    must_only_forbid(texts)
    return texts


def profile_rules(manifest: Manifest) -> tuple[ProfileRule, ...]:
    """What a manifest declares of who may use its items, as policy compiles it."""
    return tuple(
        ProfileRule(
            methods=rule.methods,
            kinds=rule.kinds,
            least_assurance=_LEAST_ASSURANCES[rule.least_assurance],
            or_finger=rule.least_assurance is ManifestAssurance.FINGERPRINT,
            least_strength=list(ManifestEvidence).index(rule.least_evidence) + 1,
            only=rule.only_clients,
            never=rule.never_clients,
            limits=tuple((limit.currency, limit.amount_minor) for limit in rule.limits),
            above=tuple((limit.currency, limit.amount_minor) for limit in rule.above),
        )
        for rule in manifest.accessibility.rules
    )
