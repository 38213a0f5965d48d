"""The index of grants finds what a search from one end to the other would, and touches no more than it must."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.trusted.policy.questions import (
    NOW,
    PROVIDER,
    grant,
    grants,
    question,
    questions,
    reached,
)

from etui.trusted.policy import (
    Grant,
    GrantTable,
    Principal,
    PrincipalType,
    Question,
    Resource,
    Scope,
    ScopeType,
)
from etui.trusted.policy import grants as grants_module


class Table(RuleBasedStateMachine):
    """A table of grants beside a list that is searched from one end to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.table = GrantTable()
        self.held: dict[str, Grant] = {}

    @rule(new=grants())
    def add(self, new: Grant) -> None:
        self.table.add(new)
        self.held.pop(new.id, None)
        self.held[new.id] = new

    @rule(number=st.integers(0, 8))
    def remove(self, number: int) -> None:
        assert self.table.remove(f"g-{number}") == self.held.pop(f"g-{number}", None)

    @rule()
    def read_again(self) -> None:
        self.table = GrantTable(self.table)

    @rule(asked=questions(), now=st.integers(-2, 6).map(lambda seconds: NOW + seconds))
    def look_up(self, asked: Question, now: float) -> None:
        found = self.table.candidates(asked, now)
        assert len(found) == len({held.id for held in found})
        assert {held.id for held in found} == {i for i, held in self.held.items() if reached(held, asked, now)}

    @rule(new=grants())
    def look_at_a_place(self, new: Grant) -> None:
        there = [held for held in self.held.values() if (held.client, held.scope) == (new.client, new.scope)]
        assert self.table.at(new.client, new.scope) == there

    @invariant()
    def holds_the_same(self) -> None:
        assert list(self.table) == list(self.held.values())
        assert len(self.table) == len(self.held)
        assert all(self.table.get(name) is held for name, held in self.held.items())


TestTable = Table.TestCase
TestTable.settings = settings(max_examples=40, stateful_step_count=20)


def test_index_keeps_no_place_of_grants_that_are_gone() -> None:
    table = GrantTable(grant(f"g-{number}", client=f"app:/{number}") for number in range(50))
    for held in table:
        table.remove(held.id)
    assert not table._by_place
    assert table.at("app:/1", grant().scope) == []
    assert not table._by_place


# what a lookup touches


def counting_comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    compared: list[str] = []
    covers = grants_module._covers

    def counted(held: Grant, asked: Question, now: float) -> bool:
        compared.append(held.id)
        return covers(held, asked, now)

    monkeypatch.setattr(grants_module, "_covers", counted)
    return compared


def test_lookup_among_ten_thousand_grants_touches_those_of_its_client_and_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = GrantTable(
        grant(f"g-{client}-{item}", client=f"app:/{client}", scope=Scope(ScopeType.ITEM, PROVIDER, f"i-{item}"))
        for client in range(100)
        for item in range(100)
    )
    table.add(grant("wide", client="app:/7", scope=Scope(ScopeType.EXTENSION, PROVIDER)))
    table.add(grant("session", client="group:session", scope=Scope(ScopeType.GROUP, PROVIDER, "work")))
    compared = counting_comparisons(monkeypatch)
    member = Principal(type=PrincipalType.CLIENT, id="app:/7", strength=2, groups=("session", "process:1:2:3"))
    resource = Resource(extension=PROVIDER, item="i-3", kind="login", group="work")
    found = table.candidates(question(principal=member, resource=resource), NOW)
    assert [held.id for held in found] == ["g-7-3", "wide", "session"] == compared


def test_lookup_of_a_stranger_among_ten_thousand_grants_touches_none(monkeypatch: pytest.MonkeyPatch) -> None:
    table = GrantTable(grant(f"g-{number}", client=f"app:/{number}") for number in range(10_000))
    compared = counting_comparisons(monkeypatch)
    assert table.candidates(question(), NOW) == []
    assert compared == []
    assert len(table._by_place) == 10_000  # and looking made no new ones
