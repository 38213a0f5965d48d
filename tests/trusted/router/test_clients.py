"""Whom the wallet keeps in mind: names are free, and however many come, its records stay small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.evidence import Strength
from etui.trusted.policy import Origin, Principal, PrincipalType, Scope, ScopeType
from etui.trusted.router.callers import Caller
from etui.trusted.router.clients import MAX_MET, MAX_TOLD
from etui.trusted.router.references import Place
from etui.trusted.router.registry import Registry
from etui.trusted.router.wallet import Keys, Opened

PLACE = Place("installation", "item")
MANY = MAX_MET + 250
A_MINUTE_S = 60


def caller(name: str) -> Caller:
    principal = Principal(type=PrincipalType.CLIENT, id=f"app:/tmp/{name}", strength=2)
    return Caller(principal=principal, label=name, sentence="A program.", strength=Strength.OBSERVED)


def opened_at(home: Path, does: Callable[[Opened], None]) -> None:
    """Does it with the wallet's records, opened as an unlock opens them, and closes them."""

    async def work() -> None:
        opened = Opened(home, Keys(bytes(32), bytes(32), bytes(32)), Registry([]))
        does(opened)
        await opened.state.close()

    asyncio.run(work())


def crowd(opened: Opened, count: int, prefix: str = "x") -> None:
    for number in range(count):
        opened.met(caller(f"{prefix}{number}"))


def test_of_many_names_those_that_were_here_last_are_kept_and_the_rest_is_gone_from_the_disk(tmp_path: Path) -> None:
    opened_at(tmp_path, lambda opened: crowd(opened, MANY))

    def looks(opened: Opened) -> None:
        assert MAX_MET <= len(opened.clients) <= MAX_MET + 100
        assert f"app:/tmp/x{MANY - 1}" in opened.clients
        assert "app:/tmp/x0" not in opened.clients

    opened_at(tmp_path, looks)


def test_a_client_with_a_right_and_one_that_was_told_something_outlast_the_crowd(tmp_path: Path) -> None:
    def come(opened: Opened) -> None:
        crowd(opened, 3, "old")
        scope = Scope(ScopeType.EXTENSION, "ext:etui/org.etui.secrets")
        opened.add_grant("app:/tmp/old0", ("secret/1.read",), scope, Origin.GIVEN)
        assert opened.clients.discloses_first("app:/tmp/old1")
        assert not opened.clients.discloses_first("app:/tmp/old1")
        crowd(opened, MANY)
        assert [f"app:/tmp/old{n}" in opened.clients for n in range(3)] == [True, True, False]

    opened_at(tmp_path, come)


def test_those_that_were_told_something_are_bounded_too(tmp_path: Path) -> None:
    def come(opened: Opened) -> None:
        for number in range(MAX_TOLD + 250):
            opened.met(caller(f"x{number}"))
            opened.clients.discloses_first(f"app:/tmp/x{number}")
        assert MAX_TOLD <= len(opened.clients) <= MAX_TOLD + 100
        assert "app:/tmp/x0" not in opened.clients

    opened_at(tmp_path, come)


def test_who_came_again_is_not_the_oldest(tmp_path: Path) -> None:
    def come(opened: Opened) -> None:
        clients = opened.clients
        for number in range(MAX_MET + 1):
            clients.met(caller(f"x{number}"), now=number)
        clients.met(caller("x0"), now=MAX_MET + A_MINUTE_S)
        clients.forget(())
        assert len(clients) == MAX_MET
        assert "app:/tmp/x0" in clients
        assert "app:/tmp/x1" not in clients

    opened_at(tmp_path, come)


def test_a_reference_that_was_taken_back_stays_so_when_its_client_is_forgotten(tmp_path: Path) -> None:
    reference: list[str] = []

    def refer(opened: Opened, name: str) -> str:
        client = f"app:/tmp/{name}"
        return opened.references.make(client, opened.clients.epoch(client), PLACE)

    def take_back(opened: Opened) -> None:
        crowd(opened, 2, "old")
        reference.extend(refer(opened, f"old{n}") for n in range(2))
        for n in range(2):
            assert opened.place(f"app:/tmp/old{n}", reference[n]) == PLACE
        opened.revoke_client("app:/tmp/old0")
        crowd(opened, MANY)
        assert "app:/tmp/old0" not in opened.clients

    def comes_back(opened: Opened) -> None:
        for _ in range(2):
            with pytest.raises(ProtocolError) as caught:
                opened.place("app:/tmp/old0", reference[0])
            assert caught.value.code is ErrorCode.UNKNOWN_REFERENCE
            crowd(opened, 1, "old")
        assert opened.place("app:/tmp/old0", refer(opened, "old0")) == PLACE

    opened_at(tmp_path, take_back)
    opened_at(tmp_path, comes_back)


def test_of_a_client_that_is_forgotten_references_can_be_taken_back_too(tmp_path: Path) -> None:
    def take_back(opened: Opened) -> None:
        client = "app:/tmp/old"
        opened.met(caller("old"))
        epoch = opened.clients.epoch(client)
        crowd(opened, MANY)
        assert client not in opened.clients
        opened.revoke_client(client)
        opened.met(caller("old"))
        assert opened.clients.epoch(client) > epoch

    opened_at(tmp_path, take_back)
