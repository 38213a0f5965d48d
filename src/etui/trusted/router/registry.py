"""What is registered: interfaces, the packages that provide them, and which of them run.

A provider is an Extension's package, or a part of the terminal itself (the Trusted Dialog, egress, coverage), which
serves an interface in the same way. The Router knows interfaces by their documents alone.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Final

from etui.interfaces import CompiledInterface, CompiledMethod, supplied
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.policy import Action, Resource

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from etui.interfaces import Item
    from etui.trusted.package import Package
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.share import Share

ROUTER_INTERFACES: Final = frozenset({"wallet/1", "shell/1"})
"""What the Router itself answers."""
EXTENSION_INTERFACE: Final = "extension/1"
ADVISER_INTERFACE: Final = "adviser/1"
DIALOG_INTERFACE: Final = "dialog/1"
EGRESS_INTERFACE: Final = "egress/1"
COVERAGE_INTERFACE: Final = "coverage/1"
_MAX_KNOWN: Final = 50_000
_MAX_CHARACTERS: Final = 8 << 20
"""Of all that is kept of an Extension's items: it says how large they are, and the memory is the Router's."""


class Standing(Enum):
    """Whether a provider runs."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"


class Provider:
    """Somebody who serves interfaces: an installed package, or a part of the terminal."""

    def __init__(self, principal: str, name: str, provides: Iterable[str], package: Package | None) -> None:
        self.principal = principal
        self.name = name
        self.provides = tuple(provides)
        self.package = package
        self.installation = package.installation if package is not None else principal
        self.documents: tuple[CompiledInterface, ...] = ()
        self.holding: frozenset[str] = frozenset()
        """The kinds of its items that are groups of others."""
        self.passing: frozenset[str] = frozenset()
        """The kinds of its items that are gone with the next lock."""
        self.connection: Connection | None = None
        self.key = b""
        self.standing = Standing.STOPPED
        self.used_at = 0.0
        self.stays = False
        """Whether it holds in memory what would be lost if it were stopped for want of use."""
        self.used_by: Share | None = None
        self.shared_until = 0.0
        """Until when more than one may be calling it."""
        self.starting: asyncio.Future[None] | None = None
        self.registered: asyncio.Future[None] | None = None
        self.items: dict[str, Item] = {}
        """Entries of the inventory that the Router has seen, by the Extension's own id."""
        self._characters = 0
        self.touches = 0
        """Goes up where what it holds may have changed."""
        self._counted: tuple[int, Counter[str]] | None = None

    @property
    def counts(self) -> Counter[str] | None:
        """How many items of each kind it holds; None where that may have changed since they were counted."""
        return self._counted[1] if self._counted is not None and self._counted[0] == self.touches else None

    def count(self, touches: int, counts: Counter[str]) -> None:
        """Keeps how many items there are of each kind, as counted when ``touches`` was what it is here."""
        self._counted = (touches, counts)

    @property
    def running(self) -> bool:
        """Whether it is registered and can be called."""
        return self.standing is Standing.RUNNING and self.connection is not None

    def speaks(self, documents: tuple[CompiledInterface, ...]) -> None:
        """Takes the documents of what it provides."""
        self.documents = documents
        kinds = [pair for interface in documents for pair in interface.document.kinds.items()]
        self.holding = frozenset(name for name, kind in kinds if kind.holds)
        self.passing = frozenset(name for name, kind in kinds if kind.passing)

    def keep(self, item: Item) -> Item | None:
        """Keeps what an item is, and forgets the oldest of too many or too large ones; what it was until now.

        What is forgotten is asked for again where it counts.
        """
        known = self.forget(item.item)
        self.items[item.item] = item
        self._characters += _characters(item)
        while len(self.items) > _MAX_KNOWN or self._characters > _MAX_CHARACTERS:
            self.forget(next(iter(self.items)))
        return known

    def forget(self, item: str) -> Item | None:
        """Forgets what an item is; what it was."""
        known = self.items.pop(item, None)
        if known is not None:
            self._characters -= _characters(known)
        return known

    def resource(self, item: str) -> Resource:
        """One of its items as policy sees it, its kind and group as far as the Router has seen them."""
        entry = self.items.get(item)
        if entry is None:
            return Resource(extension=self.principal, item=item)
        group = item if entry.kind in self.holding else entry.group
        return Resource(extension=self.principal, item=item, kind=entry.kind, group=group)

    def resource_of_value(self, scope: str, value: str) -> Resource:
        """What policy sees where a method names no item: the value of the field that is its scope.

        It is apart from the ids of items, so that a grant for the one is none for the other.
        """
        return Resource(extension=self.principal, item=f"{scope}:{value}", kind=scope)


def _characters(item: Item) -> int:
    attributes = item.attributes
    of_attributes = sum(map(len, attributes)) + sum(map(len, attributes.values())) if attributes else 0
    return len(item.item) + len(item.label) + len(item.group) + of_attributes


class Method:
    """A method with its action for policy, found by the name that a request carries."""

    __slots__ = ("action", "compiled", "item_field", "owner_actions", "settles_item")

    def __init__(self, interface: CompiledInterface, compiled: CompiledMethod) -> None:
        document = interface.document
        self.compiled = compiled
        self.action = Action(
            id=compiled.action,
            interface=interface.id,
            effect=compiled.method.effect,
            callers=document.callers_of(compiled.name).value,
            own=compiled.method.own,
        )
        fields = compiled.method.params.items()
        marked = [name for name, field in fields if field.policy and name in compiled.references]
        self.item_field = marked[0] if marked else ""
        """The field whose item policy decides about; empty where the request is about no one item."""
        method = compiled.method
        self.settles_item = bool(marked) and method.prepare and method.params[marked[0]].optional
        """Whether a request may leave that open: it is settled before policy decides."""
        self.owner_actions = tuple(f"{interface.id}.{name}" for name in document.owner)


class Registry:
    """All interfaces and providers."""

    def __init__(self, packages: Iterable[Package]) -> None:
        self.interfaces: dict[str, CompiledInterface] = dict(supplied())
        self.methods: dict[str, Method] = {}
        self.providers: dict[str, Provider] = {}
        self._by_installation: dict[str, Provider] = {}
        for package in packages:
            self._provide(package)
        self.dialog = Provider("native:dialog", "Trusted Dialog", [DIALOG_INTERFACE], None)
        self.egress = Provider("native:egress", "Egress", [EGRESS_INTERFACE], None)
        coverage = Provider("native:coverage", "Coverage", [COVERAGE_INTERFACE], None)
        for provider in (self.dialog, self.egress, coverage):
            self.providers[provider.principal] = provider
        self._learn()

    def method(self, name: str) -> Method:
        """The method that a request names; raises ``ProtocolError`` (``unknown_method``)."""
        method = self.methods.get(name)
        if method is None:
            raise ProtocolError(ErrorCode.UNKNOWN_METHOD, f"no interface that is registered here has {name[:120]}")
        return method

    def provider_of(self, interface: str, wanted: str = "") -> Provider:
        """Who serves an interface: the one that is wanted, or the first that was installed.

        Raises ``ProtocolError`` (``no_provider``).
        """
        for provider in self.providers.values():
            if interface in provider.provides and wanted in {"", provider.principal}:
                return provider
        who = f"{wanted[:120]} does not provide" if wanted else "no installed Extension provides"
        raise ProtocolError(ErrorCode.NO_PROVIDER, f"{who} {interface}")

    def by_installation(self, installation: str) -> Provider | None:
        """The provider whose installation this is."""
        return self._by_installation.get(installation)

    def quota_of(self, principal: str) -> int:
        """How many bytes an Extension may keep, as its manifest asks for; 0 for whoever is none."""
        provider = self.providers.get(principal)
        return provider.package.manifest.quota.bytes if provider is not None and provider.package is not None else 0

    def packages(self) -> list[Provider]:
        """The installed Extensions."""
        return [provider for provider in self.providers.values() if provider.package is not None]

    def add(self, package: Package) -> Provider:
        """Registers a package that was installed or updated; its process must not run."""
        provider = self._provide(package)
        self._learn()
        return provider

    def remove(self, provider: Provider) -> None:
        """Forgets a package that was removed; its interfaces stay known to those who hold their documents."""
        del self.providers[provider.principal]
        self._by_installation.pop(provider.installation, None)

    def _learn(self) -> None:
        for provider in self.providers.values():
            provider.speaks(tuple(self.interfaces[i] for i in provider.provides if i in self.interfaces))
        for interface in self.interfaces.values():
            for compiled in interface.methods.values():
                if compiled.action not in self.methods or self.methods[compiled.action].compiled is not compiled:
                    self.methods[compiled.action] = Method(interface, compiled)

    def _provide(self, package: Package) -> Provider:
        manifest = package.manifest
        provides = [*manifest.provides, EXTENSION_INTERFACE]
        provider = Provider(package.principal, manifest.name, provides, package)
        self.providers[package.principal] = provider
        self._by_installation[package.installation] = provider
        for document in package.documents:  # an update may bring more than there was; no other package says otherwise
            self.interfaces[document.id] = document
        return provider
