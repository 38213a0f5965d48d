"""How a connection begins: hello, registration, introductions, and the session keys of providers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

import etui
from etui.interfaces import wallet_1 as wallet
from etui.protocol import PROTOCOL_VERSION, ErrorCode, ProtocolError
from etui.trusted.evidence import EvidenceError, Note, examine
from etui.trusted.policy import PrincipalType
from etui.trusted.router.callers import caller_of
from etui.trusted.router.connection import Role
from etui.trusted.router.own.asking import Asking

if TYPE_CHECKING:
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.router import Router

_KEY_BYTES: Final = 32
_MAX_PEERS: Final = 4096


def hello(router: Router, asking: Asking, request: wallet.Hello) -> wallet.HelloResult:
    """Answers ``wallet/1.hello``."""
    if PROTOCOL_VERSION not in request.versions:
        text = f"this Router speaks version {PROTOCOL_VERSION} of the protocol, not {request.versions}"
        raise ProtocolError(ErrorCode.UNSUPPORTED_VERSION, text)
    connection, caller = asking.connection, asking.caller
    if request.key is not None:
        caller = msgspec.structs.replace(caller, key=session_key(request.key))
    if request.apart:
        caller = caller.apart()
    if connection.caller is asking.caller:
        connection.caller = caller
    return wallet.HelloResult(
        version=PROTOCOL_VERSION,
        router=f"etui {etui.__version__}",
        client=caller.principal.id,
        label=caller.label,
        strength=caller.strength.value,
        locked=router.opened is None,
        test=router.profile.test is not None,
    )


def register(router: Router, asking: Asking, request: wallet.Register) -> wallet.RegisterResult:
    """Answers ``wallet/1.register``."""
    provider = router.registry.providers.get(asking.connection.name)
    if provider is None or provider.connection is not asking.connection:
        raise ProtocolError(ErrorCode.DENIED, "only an Extension that the wallet started registers")
    surplus = set(request.provides) - set(provider.provides)
    if surplus:
        text = f"the manifest of {provider.name} does not name {min(surplus)}"
        raise ProtocolError(ErrorCode.DENIED, text)
    router.providers.registered(provider, session_key(request.key))
    return wallet.RegisterResult(quota_bytes=router.registry.quota_of(provider.principal))


async def ends(router: Router, asking: Asking, request: wallet.Ends) -> wallet.EndsResult:
    """Answers ``wallet/1.ends``."""
    router.unlocked()
    registry = router.registry
    _check_uses(asking, request.interface)
    if request.item is None:
        provider = registry.provider_of(request.interface, asking.provider)
    else:
        place = router.place(asking.caller, asking.method, request.item)
        owner = registry.by_installation(place.installation)
        if owner is None:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "the item's Extension is not installed any more")
        provider = registry.provider_of(request.interface, owner.principal)
    await router.providers.ensure_running(provider)
    key = await router.dialogs.key() if provider is registry.dialog else provider.key
    only = sum(request.interface in other.provides for other in registry.providers.values()) == 1
    return wallet.EndsResult(key=key, provider=provider.principal, only=only)


def providers(router: Router, asking: Asking, request: wallet.Providers) -> wallet.ProvidersResult:
    """Answers ``wallet/1.providers``."""
    router.unlocked()
    _check_uses(asking, request.interface)
    found = [provider for provider in router.registry.providers.values() if request.interface in provider.provides]
    return wallet.ProvidersResult(providers=[wallet.Provider(provider=one.principal, name=one.name) for one in found])


def _check_uses(asking: Asking, interface: str) -> None:
    """Raises ``ProtocolError`` where an Extension asks about an interface that its manifest does not say it uses."""
    caller = asking.caller.principal
    if caller.type is PrincipalType.EXTENSION and interface not in caller.uses:
        text = f"the manifest of {asking.caller.label} does not name {interface} under `uses`"
        raise ProtocolError(ErrorCode.DENIED, text)


async def introduce(router: Router, asking: Asking, request: wallet.Introduce) -> wallet.IntroduceResult:
    """Answers ``wallet/1.introduce``."""
    connection = asking.connection
    if connection.role is not Role.DOOR:
        raise ProtocolError(ErrorCode.DENIED, "only a door speaks for others")
    check_room(connection)
    try:
        evidence = await asyncio.wait_for(
            asyncio.get_running_loop().run_in_executor(
                router.looking,
                lambda: examine(request.pid, request.uid, start_ticks=request.start, via_bus=True, by=router.look),
            ),
            2.0,
        )
    except (EvidenceError, TimeoutError) as error:
        raise ProtocolError(ErrorCode.DENIED, f"that process cannot be looked at: {error}") from None
    if request.socket:  # the door says so: it counts for no more than a bus's word, and is told as it is
        evidence = msgspec.structs.replace(
            evidence, notes=tuple(note for note in evidence.notes if note is not Note.THROUGH_BUS)
        )
    door = asking.caller
    caller = caller_of(
        evidence,
        key=session_key(request.key) if request.key is not None else door.key,
        door=door,
    )
    handle = router.next_peer()
    connection.peers[handle] = caller
    return wallet.IntroduceResult(
        peer=handle,
        client=caller.principal.id,
        label=caller.label,
        strength=caller.strength.value,
        challenge=connection.web.add_host(handle) if connection.web is not None else None,
    )


def dismiss(router: Router, asking: Asking, request: wallet.Dismiss) -> wallet.DismissResult:
    """Answers ``wallet/1.dismiss``."""
    router.dismiss(asking.connection, request.peer)
    return wallet.DismissResult()


def subscribe(router: Router, asking: Asking, request: wallet.Subscribe) -> wallet.SubscribeResult:
    """Answers ``wallet/1.subscribe``."""
    router.events.check(request.topics)
    asking.connection.topics = frozenset(request.topics)
    return wallet.SubscribeResult()


def interfaces(router: Router, asking: Asking, request: wallet.Interfaces) -> wallet.InterfacesResult:
    """Answers ``wallet/1.interfaces``."""
    del asking, request
    registry = router.registry
    rows = []
    for interface in registry.interfaces.values():
        providers = [p.principal for p in registry.providers.values() if interface.id in p.provides]
        rows.append(
            wallet.InterfaceRow(
                interface=interface.id,
                title=interface.document.title,
                provider=providers[0] if len(providers) == 1 else None,
            )
        )
    return wallet.InterfacesResult(interfaces=rows)


def document(router: Router, asking: Asking, request: wallet.Document) -> wallet.DocumentResult:
    """Answers ``wallet/1.document``."""
    del asking
    interface = router.registry.interfaces.get(request.interface)
    if interface is None:
        raise ProtocolError(ErrorCode.NO_PROVIDER, f"the interface {request.interface} is not registered here")
    return wallet.DocumentResult(document=msgspec.json.encode(interface.document).decode())


def check_room(connection: Connection) -> None:
    """Raises ``ProtocolError`` (``too_many``) where a door speaks for as many as it may."""
    if len(connection.peers) >= _MAX_PEERS:
        raise ProtocolError(ErrorCode.TOO_MANY, f"this door speaks for {_MAX_PEERS} peers already")


def session_key(key: bytes) -> bytes:
    """A session's public key; raises ``ProtocolError`` (``invalid_params``) for what has not its length."""
    if len(key) != _KEY_BYTES:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"a session key has {_KEY_BYTES} bytes, not {len(key)}")
    return key
