"""Interfaces, questions and grants for the tests of this room, and random ones of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from etui.interfaces import CompiledInterface, Effect, Value, read_document, supplied
from etui.trusted.policy import (
    Action,
    Assurance,
    Decision,
    Grant,
    GrantTable,
    Limit,
    Origin,
    PolicyEngine,
    Principal,
    PrincipalType,
    ProfileRule,
    Question,
    Resource,
    Scope,
    ScopeType,
    compile_profile,
)

ValueT = TypeVar("ValueT")
NOW: Final = 1_750_000_000.5


def _interface(name: str, callers: str, methods: Mapping[str, Mapping[str, Any]]) -> CompiledInterface:
    described = {method: {"title": method, **rest} for method, rest in methods.items()}
    document = {"interface": name, "title": name, "callers": callers, "methods": described}
    return CompiledInterface(read_document(json.dumps(document).encode()))


_ITEM: Final = {"item": {"type": "reference", "policy": "item", "optional": True}}
_PAYMENT: Final = {
    "amount": {"type": "integer", "policy": "amount", "optional": True},
    "currency": {"type": "text", "policy": "currency", "optional": True},
    "payee": {"type": "text", "policy": "payee", "optional": True},
    "express": {"type": "boolean", "policy": "express", "optional": True},
    "due": {"type": "time", "policy": "due", "optional": True},
}
_HOST: Final = {"host": {"type": "text", "policy": "host", "scope": True, "optional": True}}

SHOP: Final = _interface(
    "org.example.shop/1",
    "anyone",
    {
        "look": {"effect": "none", "params": _ITEM},
        "add": {"effect": "add"},
        "show": {"effect": "disclose", "params": _ITEM},
        "pay": {"effect": "use", "params": {**_ITEM, **_PAYMENT}},
        "change": {"effect": "change", "params": _ITEM},
        "remove": {"effect": "remove", "params": _ITEM},
        "mine": {"effect": "change", "own": True},
        "hear": {"effect": "none", "callers": "doors"},
        "hand": {"effect": "use", "callers": "doors"},
    },
)
"""What any Client may call: a method of each effect, and one that touches what is the caller's own; two for doors."""
SERVICE: Final = _interface(
    "org.example.service/1",
    "extensions",
    {
        "peek": {"effect": "none"},
        "use": {"effect": "use", "params": _PAYMENT},
        "keep": {"effect": "change", "own": True},
        "fetch": {"effect": "use", "own": True, "params": _HOST},
        "send": {"effect": "use", "params": _HOST},
    },
)
"""What serves Extensions: under a call, for themselves, and to hosts."""
CORE: Final = _interface("org.example.core/1", "router", {"tick": {"effect": "none"}, "keep": {"effect": "change"}})
"""What the Router alone may call."""

INTERFACES: Final = (SHOP, SERVICE, CORE)
METHODS: Final = {
    method.action: (interface, method) for interface in INTERFACES for method in interface.methods.values()
}

CLIENT: Final = Principal(type=PrincipalType.CLIENT, id="app:/usr/bin/shop", strength=2, groups=("session",))
DOOR: Final = Principal(type=PrincipalType.DOOR, id="door:browser", strength=3)
EXTENSION: Final = Principal(
    type=PrincipalType.EXTENSION,
    id="ext:org.example/org.example.cards",
    strength=3,
    uses=(SHOP.id, SERVICE.id, CORE.id),
    hosts=("bank.example",),
)
PROVIDER: Final = "ext:etui/etui.secrets"
ITEM: Final = Resource(extension=PROVIDER, item="i-1", kind="login", group="work")
WHOLE: Final = Resource(extension=PROVIDER)
LOOK, ADD, SHOW, PAY, CHANGE, REMOVE, MINE, HEAR, HAND = (f"{SHOP.id}.{m}" for m in SHOP.methods)
PEEK, USE, KEEP, FETCH, SEND = (f"{SERVICE.id}.{m}" for m in SERVICE.methods)
TICK, CORE_KEEP = (f"{CORE.id}.{m}" for m in CORE.methods)


def action(name: str) -> Action:
    """The action of a method, as the Router makes it; of an interface of the tests or one that comes with Etui."""
    known = {i.id: i for i in INTERFACES} | supplied()
    interface = next(i for i in known.values() if name.startswith(i.id + "."))
    method = interface.methods[name.removeprefix(interface.id + ".")].method
    return Action(
        id=name,
        interface=interface.id,
        effect=method.effect,
        callers=interface.document.callers_of(name.removeprefix(interface.id + ".")).value,
        own=method.own,
    )


def question(  # noqa: PLR0913  # a question has these parts
    method: str = SHOW,
    principal: Principal = CLIENT,
    resource: Resource = ITEM,
    *,
    fields: Mapping[str, Value] | None = None,
    chain: tuple[str, ...] = (),
    derived: bool = False,
    covered: bool = False,
    given: Assurance = Assurance.NONE,
) -> Question:
    return Question(
        principal=principal,
        action=action(method),
        resource=resource,
        fields=dict(fields or {}),
        chain=chain,
        derived=derived,
        covered=covered,
        given=given,
    )


def engine(
    *, operator: Mapping[str, str] | str | None = None, profile: Iterable[ProfileRule] = (), of: str = PROVIDER
) -> PolicyEngine:
    """An engine over the interfaces of the tests; ``operator``: one file's text, or texts by file name."""
    files = {"site.cedar": operator} if isinstance(operator, str) else operator
    return PolicyEngine(INTERFACES, operator=files, profiles=compile_profile(of, tuple(profile)))


def decide(
    asked: Question,
    *grants: Grant,
    operator: Mapping[str, str] | str | None = None,
    profile: Iterable[ProfileRule] = (),
    now: float = NOW,
) -> Decision:
    """What a fresh engine decides."""
    return engine(operator=operator, profile=profile).decide(asked, GrantTable(grants), now)


def grant(  # noqa: PLR0913  # a grant has these parts
    name: str = "g-1",
    client: str = CLIENT.id,
    actions: tuple[str, ...] = (SHOW,),
    scope: Scope | None = None,
    *,
    until: int = 0,
    uses: int = 0,
    limit: Limit | None = None,
    where: tuple[str, str] | None = None,
) -> Grant:
    return Grant(
        id=name,
        client=client,
        actions=actions,
        scope=scope or Scope(ScopeType.ITEM, ITEM.extension, ITEM.item),
        origin=Origin.ASKED,
        since=0,
        until=until,
        uses=uses,
        limit=limit,
        where=where,
    )


def reached(held: Grant, asked: Question, now: float) -> bool:
    """Whether a grant is a candidate for a question: what its documentation says, without any index."""
    principal, resource, scope = asked.principal, asked.resource, held.scope
    clients = {f"group:{group}" for group in principal.groups} | ({principal.id} if principal.tellable else set[str]())
    within = {
        ScopeType.EXTENSION: True,
        ScopeType.KIND: bool(resource.kind) and scope.id == resource.kind,
        ScopeType.GROUP: bool(resource.item) and scope.id == resource.group,
        ScopeType.ITEM: bool(resource.item) and scope.id == resource.item,
    }[scope.type]
    return (
        held.client in clients
        and bool({asked.action.id, asked.action.interface} & {*held.actions})
        and scope.extension == resource.extension
        and (scope.type is not ScopeType.EXTENSION or not scope.id)
        and within
        and (not held.until or now < held.until)
        and (held.where is None or asked.fields.get(held.where[0], "") == held.where[1])
        and (held.limit is None or type(asked.fields.get("amount")) is int)
    )


# random ones, of few values, so that they meet; what is denied at once is seldom


def _mostly(usual: Iterable[ValueT], odd: st.SearchStrategy[ValueT]) -> st.SearchStrategy[ValueT]:
    plain = st.sampled_from(list(usual))
    return st.one_of(*[plain] * 9, odd)


TEXTS: Final = st.one_of(
    st.sampled_from(["", "EUR", "a\nb", '"', "\\", "*", "\u202e", "\x00", '" || true || "', 'Client::"x"', "\ud800"]),
    st.text(max_size=20),
    st.text(st.characters(), min_size=300, max_size=300),
)
_PROVIDERS: Final = st.sampled_from([PROVIDER, PROVIDER, PROVIDER, EXTENSION.id, ""])
_FIELDS: Final[dict[str, st.SearchStrategy[Value]]] = {
    "amount": _mostly([0, 1, 50, 99, 100, 101, (1 << 53) - 1], st.sampled_from([-1, 1 << 53, 1 << 63, 1 << 70])),
    "currency": _mostly(["EUR", "USD", ""], TEXTS),
    "payee": _mostly(["Shop", "Bank"], TEXTS),
    "express": st.booleans(),
    "due": st.integers(0, 5),
    "host": st.sampled_from(["bank.example", "evil.example"]),
}


def principals() -> st.SearchStrategy[Principal]:
    return st.builds(
        Principal,
        type=st.sampled_from(PrincipalType),
        id=_mostly([CLIENT.id, EXTENSION.id, "group:session", "web:shop.example@p1"], TEXTS),
        strength=st.integers(1, 3),
        groups=st.lists(st.sampled_from(["session", "process:1000:7:9"]), unique=True).map(tuple),
        uses=st.sampled_from([(), (SHOP.id,), tuple(i.id for i in INTERFACES), tuple(i.id for i in INTERFACES)]),
        hosts=st.lists(st.sampled_from(["bank.example", "other.example"]), unique=True).map(tuple),
        tellable=st.booleans(),
    )


def resources() -> st.SearchStrategy[Resource]:
    items = st.builds(
        Resource,
        extension=_PROVIDERS,
        item=_mostly(["i-1", "i-2", "work", "work#group", "#group"], TEXTS.filter(bool)),
        kind=_mostly(["login", "pin"], st.just("")),
        group=st.sampled_from(["work", "home", ""]),
    )
    return items | st.builds(Resource, extension=_PROVIDERS)


@st.composite
def questions(draw: st.DrawFn, principal: st.SearchStrategy[Principal] | None = None) -> Question:
    """A question about any method with any of its fields, by anybody."""
    name, (_, method) = draw(st.sampled_from(sorted(METHODS.items())))
    marks = [mark for f in method.method.params.values() if (mark := f.policy) and mark in _FIELDS]
    chosen = draw(st.lists(st.sampled_from(marks), unique=True)) if marks else []
    derived = draw(st.booleans())
    covered = draw(st.booleans())
    return Question(
        principal=draw(principal or principals()),
        action=action(name),
        resource=draw(resources()),
        fields={mark: draw(_FIELDS[mark]) for mark in chosen},
        chain=draw(_mostly([(), ("app:/a",), ("app:/a", "ext:b/c")], st.tuples(TEXTS))),
        derived=derived,
        covered=covered,
        given=draw(st.sampled_from(Assurance)),
    )


def grants(name: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Grant]:
    """Grants that often reach what random questions ask."""
    return st.builds(
        Grant,
        id=name or st.sampled_from([f"g-{number}" for number in range(8)]),
        client=st.sampled_from([CLIENT.id, EXTENSION.id, "group:session", "group:process:1000:7:9", "\ud800"]),
        actions=st.lists(st.sampled_from([SHOP.id, SERVICE.id, SHOW, PAY, LOOK, KEEP]), min_size=1).map(tuple),
        scope=st.builds(
            Scope,
            type=st.sampled_from(ScopeType),
            extension=st.sampled_from([PROVIDER, PROVIDER, EXTENSION.id]),
            id=st.sampled_from(["", "i-1", "work", "work#group", "login"]),
        ),
        origin=st.sampled_from(Origin),
        since=st.just(0),
        until=st.sampled_from([0, int(NOW), int(NOW) + 1, int(NOW) + 5]),
        uses=st.sampled_from([0, 0, 1]),
        limit=st.none() | st.just(Limit(currency="EUR", each_minor=100, total_minor=150)),
        where=st.none() | st.sampled_from([("payee", "Shop"), ("currency", "EUR"), ("nothing", "")]),
    )


EFFECTS_OF_VALUE: Final = {Effect.DISCLOSE, Effect.USE, Effect.CHANGE, Effect.REMOVE}
