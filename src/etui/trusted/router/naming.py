"""What a request asks for: the call that it is made under, whom it is for, and the items that it may name.

It makes a ``Request`` of what arrived; nothing is decided here but whether the Client may name these items at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from etui.protocol import ErrorCode, MessageId, ProtocolError
from etui.trusted.policy import Assurance, Question, Resource
from etui.trusted.router import chain as inherited
from etui.trusted.router.references import Place
from etui.trusted.router.registry import ADVISER_INTERFACE
from etui.trusted.router.requests import Arrival, Request, Settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces import Seen, Value
    from etui.trusted.router.calls import ActiveCall
    from etui.trusted.router.registry import Method, Provider
    from etui.trusted.router.router import Router


class Naming:
    """Reads requests."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def request(self, arrival: Arrival) -> Request:
        """The request that arrived; raises ``ProtocolError`` where it names what it may not."""
        message, caller, method, seen = arrival.message, arrival.caller, arrival.method, arrival.seen
        parent = self._parent(arrival) if message.under else None
        provider, places = self._places(arrival)
        material = inherited.material_of(seen, places) if seen.material else {}
        question = self._question(arrival, parent, provider, places, material)
        return Request(
            connection=arrival.connection,
            id=cast("MessageId", message.id),
            caller=caller,
            method=method,
            params=arrival.params,
            seen=seen,
            provider=provider,
            question=question,
            items={field: place.item for field, place in places.items()},
            material=material,
            chain=parent.chain if parent is not None else (),
            quiet=message.quiet or (parent is not None and parent.quiet),
            ask=message.ask,
            under=parent,
        )

    def settle(self, request: Request, settled: Settled) -> None:
        """Puts what was settled beforehand into a request, as if it had come with it.

        Raises ``ProtocolError`` (``altered``) where it is not what was consented to with the call that it is under.
        """
        compiled, seen = request.method.compiled, request.seen
        policy = {mark: settled.values[field] for mark, field in compiled.marked.items() if field in settled.values}
        references = [(field, str(settled.values[field])) for field in settled.places]
        added = {field: msgspec.json.encode(value) for field, value in settled.values.items()}
        before = request.settled
        request.settled = Settled(
            values=before.values | settled.values,
            places=before.places | settled.places,
            names=before.names | settled.names,
            keepers=before.keepers | settled.keepers,
        )
        request.seen = msgspec.structs.replace(
            seen,
            references=(*seen.references, *references),
            policy={**seen.policy, **cast("dict[str, Value]", policy)},
            material={**seen.material, **added},
        )
        installation = request.provider.installation
        own = {field: place.item for field, place in settled.places.items() if place.installation == installation}
        request.items = {**request.items, **own}
        here = {field: Place(installation, item) for field, item in request.items.items()}
        places = {**here, **request.settled.places}
        request.material = inherited.material_of(request.seen, places)
        request.question = self._question(request, request.under, request.provider, places, request.material)

    @staticmethod
    def chosen(request: Request, item: str) -> Question:
        """What policy is asked where the user chooses this item of the provider's for what the request leaves open."""
        return msgspec.structs.replace(request.question, resource=request.provider.resource(item))

    def _question(
        self,
        of: Arrival | Request,
        parent: ActiveCall | None,
        provider: Provider,
        places: Mapping[str, Place],
        material: Mapping[str, bytes],
    ) -> Question:
        """What policy is asked; raises ``ProtocolError`` (``altered``) where it is not what was consented to."""
        caller, method, seen = of.caller, of.method, of.seen
        covered = False
        if parent is not None:
            if name := inherited.altered(parent, material):
                reason = f"{name} is not what was consented to in {parent.method.action.id}"
                why = self._router.record_refusal(caller, method, reason)
                raise ProtocolError(ErrorCode.ALTERED, reason, why=why)
            covered = inherited.is_covered(parent, method, seen, material)
        resource = self._resource(method, provider, places, seen)
        within = parent is not None and (method.action.id, resource.key) in parent.allowed
        given = Assurance.NONE
        if parent is not None and (covered or within):
            given = Assurance.CONSENT if within else parent.given
        return Question(
            principal=caller.principal,
            action=method.action,
            resource=resource,
            fields=seen.policy,
            chain=tuple(member.principal.id for member in parent.chain) if parent is not None else (),
            derived=parent is not None,
            covered=covered or within,
            given=given,
        )

    def _parent(self, arrival: Arrival) -> ActiveCall:
        """The call that an Extension says it serves."""
        parent = self._router.dispatch.served_by(arrival.connection, arrival.message.under)
        if parent is None:
            reason = "it names a call that it does not serve"
            why = self._router.record_refusal(arrival.caller, arrival.method, reason)
            raise ProtocolError(ErrorCode.DENIED, f"the call named by `under` is not served here: {reason}", why=why)
        return parent

    def _places(self, arrival: Arrival) -> tuple[Provider, dict[str, Place]]:
        """Whom the request is for, and the item behind each of its references."""
        registry = self._router.registry
        method = arrival.method
        places: dict[str, Place] = {}
        provider: Provider | None = None
        for field, reference in arrival.seen.references:
            places[field] = place = self._router.place(arrival.caller, method, reference)
            found = registry.by_installation(place.installation)
            if found is None or provider not in {None, found}:
                raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"{field}: its Extension is not installed any more")
            provider = found
        if provider is None:
            provider = registry.provider_of(method.action.interface, arrival.message.provider)
            self._check_adviser(arrival, provider)
            return provider, places
        if method.action.interface not in provider.provides:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"that item's Extension does not provide {method.action.id}")
        return provider, places

    def _check_adviser(self, arrival: Arrival, provider: Provider) -> None:
        """Raises ``ProtocolError`` where an adviser would hand what it is told to what did not come with the wallet."""
        package = provider.package
        if not arrival.caller.extension or package is None or package.supplied:
            return
        asking = self._router.registry.providers.get(arrival.caller.extension)
        if asking is not None and ADVISER_INTERFACE in asking.provides:
            reason = "an adviser uses what comes with the wallet, and nothing else"
            why = self._router.record_refusal(arrival.caller, arrival.method, reason)
            raise ProtocolError(ErrorCode.DENIED, reason, why=why)

    def _resource(self, method: Method, provider: Provider, places: Mapping[str, Place], seen: Seen) -> Resource:
        """What policy is asked about: the item or value of the field that is marked for it, or the Extension."""
        place = places.get(method.item_field)
        if place is not None:
            keeper = self._router.registry.by_installation(place.installation)
            return (keeper or provider).resource(place.item)
        scope = method.compiled.scope
        if value := seen.policy.get(scope):
            return provider.resource_of_value(scope, str(value))
        return Resource(extension=provider.principal)

    def known(self, request: Request) -> bool:
        """Whether the Router has seen what the named items are."""
        return all(item in request.provider.items for item in request.items.values())

    async def learn_items(self, request: Request) -> None:
        """Asks the provider what the named items are, where the Router has not seen them yet."""
        unknown = [item for item in request.items.values() if item not in request.provider.items]
        if not unknown:
            return
        await self._router.providers.locate(request.provider, unknown)
        if not self.known(request):
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "the item is not there any more")
        if item := request.items.get(request.method.item_field):
            resource = request.provider.resource(item)
            request.question = msgspec.structs.replace(request.question, resource=resource)
