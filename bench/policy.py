"""``policy.*``: what a decision takes, in process, by the engine and the table of grants that the Router has."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.extent import Extent
from bench.figures import Figure, absolute
from etui.interfaces import secret_1 as secret
from etui.interfaces import supplied
from etui.trusted.policy import (
    Action,
    Decision,
    Grant,
    GrantTable,
    Origin,
    Outcome,
    PolicyEngine,
    Principal,
    PrincipalType,
    Question,
    Resource,
    Scope,
    ScopeType,
)
from etui.trusted.policy.loading import MANUFACTURER

_POLICIES = 50
_CLIENTS = 100
_EACH = 200
_NOW = 1_750_000_000.0
_PROVIDER = "ext:etui/org.etui.secrets"


def measure(extent: Extent) -> list[Figure]:
    """``policy.cached_us``, ``policy.cold50_us`` and ``policy.grants10k_us``: whether a program may read its password.

    50 policies: the manufacturer's, and the operator's for the rest. Among 10,000 grants, the program has a hundred,
    of which one is for this item, and its session has one for the item's group.
    """
    engine = PolicyEngine(supplied().values(), operator={"site.cedar": _operator()})
    few, many = GrantTable([_grant(0, 0)]), GrantTable(_grants(extent.grants))
    question = _question()

    def decide(grants: GrantTable) -> Decision:
        return engine.decide(question, grants, _NOW)

    if any(decide(grants).outcome is not Outcome.ALLOW for grants in (few, many)):
        msg = "policy does not allow what is measured"
        raise RuntimeError(msg)
    return [
        _figure("policy.cached_us", 2.0, extent, lambda: decide(few)),
        _figure("policy.cold50_us", 200.0, extent, lambda: decide(few), before=engine.drop),
        _figure("policy.grants10k_us", 300.0, extent, lambda: decide(many), before=engine.drop),
    ]


def _figure(
    figure: str, want: float, extent: Extent, work: Callable[[], object], *, before: Callable[[], object] = int
) -> Figure:
    """The median of the rounds' medians; ``before`` is done before each time, outside of it."""
    clock = time.perf_counter
    rounds: list[list[float]] = []
    for _ in range(extent.rounds):
        times = []
        for _ in range(_EACH):
            before()
            began = clock()
            work()
            times.append(clock() - began)
        rounds.append(times)
    every = [taken for times in rounds for taken in times]
    return absolute(figure, want, every, rounds=[statistics.median(times) for times in rounds], scale=1e6, unit="µs")


def _operator() -> str:
    """So many forbids of an operator that they make up the 50; none applies, each is looked at."""
    own = MANUFACTURER.read_text(encoding="utf-8").count("\n@id(")
    return "\n".join(
        f'@id("site-{number}")\nforbid (principal == Client::"app:/opt/banned-{number}", action, resource)\n'
        f'when {{ context.interface == "secret/1" && context.strength < 3 }};'
        for number in range(_POLICIES - own)
    )


def _question() -> Question:
    method = supplied()["secret/1"].methods["read"].method
    action = Action(id=secret.Read.METHOD, interface="secret/1", effect=method.effect, callers="anyone", own=method.own)
    return Question(
        principal=Principal(
            type=PrincipalType.CLIENT, id=_client(0), strength=2, groups=("process:1000:4242:99", "session")
        ),
        action=action,
        resource=Resource(extension=_PROVIDER, item=_item(0, 0), kind="password", group="default"),
    )


def _grants(count: int) -> list[Grant]:
    grants = [_grant(number % _CLIENTS, number // _CLIENTS) for number in range(count - 1)]
    of_group = Grant(
        id="g-group",
        client="group:session",
        actions=("secret/1",),
        scope=Scope(ScopeType.GROUP, _PROVIDER, "default"),
        origin=Origin.GIVEN,
        since=0,
    )
    return [*grants, of_group]


def _grant(client: int, item: int) -> Grant:
    return Grant(
        id=f"g-{client}-{item}",
        client=_client(client),
        actions=("secret/1",),
        scope=Scope(ScopeType.ITEM, _PROVIDER, _item(client, item)),
        origin=Origin.STORED,
        since=0,
    )


def _client(number: int) -> str:
    return f"app:/usr/bin/program-{number}"


def _item(client: int, number: int) -> str:
    return f"{client:08x}{number:024x}"
