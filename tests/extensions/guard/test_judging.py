"""Who of those whom a question is about is stopped."""

from __future__ import annotations

import pytest

from etui.extensions.guard.judging import acquainted, judge
from etui.extensions.guard.likeness import How
from etui.interfaces.adviser_1 import Known, Party

MARCH = 1_772_000_000
PAGE = Known(
    by="right", principal="web:https://harbour.example@a1", name="h", hosts=["https://harbour.example"], since=9
)
BANK = Known(
    by="extension",
    principal="ext:com.orchard/com.orchard.card",
    name="Orchard Bank",
    hosts=["orchard.com", "api.orchard-pay.com"],
    since=MARCH,
)
KEYS = Known(by="extension", principal="ext:etui/org.etui.encryption", name="Keys", hosts=[], since=0)
SHIP = Known(by="right", principal="app:/usr/bin/ship", name="Ship Tracker", hosts=[], since=MARCH)
KNOWN = [KEYS, PAGE, BANK, SHIP]
HOSTS = acquainted(KNOWN, [("lantern-tea.com", MARCH), ("harbour.example", MARCH)])


def asker(name: str, principal: str = "app:/usr/bin/x") -> Party:
    return Party(role="asker", principal=principal, name=name, hosts=[])


def page(origin: str) -> Party:
    return Party(role="asker", principal=f"web:{origin}@a1", name=origin, hosts=[origin])


def named(host: str) -> Party:
    return Party(role="named", name=host, hosts=[host])


def package(name: str, publisher: str) -> Party:
    domain = ".".join(reversed(publisher.split(".")))
    return Party(role="extension", principal=f"ext:{publisher}/{publisher}.card", name=name, hosts=[domain])


@pytest.mark.parametrize(
    ("party", "like", "how"),
    [
        (page("https://harb0ur.example"), "harbour.example", How.LETTERS),
        (page("https://harbour.example.check-id.net"), "harbour.example", How.WITHIN),
        (named("lantern-tea.net"), "lantern-tea.com", How.ENDING),
        (named("lanterntea.com"), "lantern-tea.com", How.SPLIT),
        (named("lantern.tea.check-id.net"), "lantern-tea.com", How.WITHIN),
        (named("my.lantern.tea.check-id.net"), "lantern-tea.com", How.WITHIN),
        (named("lantern_tea.check-id.net"), "lantern-tea.com", How.WITHIN),
        (asker("Sh\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}p Tracker"), "Ship Tracker", How.NAME),
        (package("Orchard-Bank", "net.quarry"), "Orchard Bank", How.NAME),
        (package("Orchard Bnak", "net.quarry"), "Orchard Bank", How.NAME),
        (package("Something Else", "com.0rchard"), "orchard.com", How.LETTERS),
        (package("K\N{CYRILLIC SMALL LETTER IE}ys", "net.quarry"), "Keys", How.NAME),
    ],
)
def test_who_looks_like_somebody_known_is_told_with_whom_and_since_when(party: Party, like: str, how: How) -> None:
    found = judge([party], KNOWN, HOSTS, lambda _, __: False)
    assert found is not None
    assert (found.like, found.how) == (like, how)


@pytest.mark.parametrize(
    "party",
    [
        page("https://harbour.example"),
        page("https://pay.harbour.example"),
        named("api.orchard.com"),
        named("quarry.example"),
        named("a shop by name"),
        asker("Ship Tracker", "app:/usr/bin/ship"),
        asker("Ship Tracker"),
        package("Orchard Bank", "com.orchard"),
        package("Kegs", "net.quarry"),
    ],
)
def test_who_is_known_and_who_is_like_nobody_is_not_stopped(party: Party) -> None:
    assert judge([party], KNOWN, HOSTS, lambda _, __: False) is None


def test_whoever_was_known_first_is_the_one_that_is_looked_like() -> None:
    hosts = acquainted([PAGE], [("harbour.shop", MARCH)])
    assert [(one.host.registered, one.since) for one in hosts] == [("harbour.example", 9), ("harbour.shop", MARCH)]
    found = judge([page("https://harbour.net")], [], hosts, lambda _, __: False)
    assert found is not None
    assert (found.like, found.since) == ("harbour.example", 9)


def test_an_exception_is_for_one_pair_of_names() -> None:
    hosts = acquainted([PAGE], [("harbours.example", MARCH)])
    trusted = {("harbour.net", "harbour.example")}
    found = judge([page("https://harbour.net")], [], hosts, lambda name, like: (name, like) in trusted)
    assert found is not None
    assert found.like == "harbours.example"


def test_whom_an_extension_says_is_protected_and_makes_no_look_alike_known() -> None:
    since = {"harbour.example": 9, "harbour.shop": 1, "tide-maps.org": 5, "tide-maps.net": 7}
    hosts = acquainted([PAGE], [], [(host, since[host]) for host in since])

    def like(host: str) -> str | None:
        found = judge([named(host)], [PAGE], hosts, lambda _, __: False)
        return None if found is None else found.like

    assert like("tide-maps.com") == "tide-maps.org", "it is protected"
    assert like("tide-maps.org") is None, "it is known itself"
    assert like("tide-maps.net") == "tide-maps.org", "the other one is known longer"
    assert like("harbour.shop") == "harbour.example", "the user said yes to the other one"
    assert like("harbour.example") is None


@pytest.mark.attack(217)
def test_a_host_that_the_manifest_of_an_extension_names_is_protected_and_makes_no_look_alike_known() -> None:
    stranger = Known(
        by="extension",
        principal="ext:net.quarry/net.quarry.tides",
        name="Tide Tables",
        hosts=["quarry.net", "harb0ur.example", "quarry-api.net", "tide-maps.org"],
        since=1,
    )
    known = [stranger, PAGE]
    hosts = acquainted(known, [])

    def like(host: str) -> str | None:
        found = judge([named(host)], known, hosts, lambda _, __: False)
        return None if found is None else found.like

    assert like("harb0ur.example") == "harbour.example", "the user said yes to the other one"
    assert like("tide-maps.com") == "tide-maps.org", "it is protected"
    assert like("quarry-api.net") is None, "it says so of its own"
    assert like("quarry.net") is None


@pytest.mark.attack(197)
def test_an_update_that_takes_the_name_of_another_extension_is_told_and_one_that_keeps_its_own_is_not() -> None:
    near = Known(by="extension", principal="ext:net.quarry/net.quarry.card", name="Orchard Bonk", hosts=[], since=MARCH)
    found = judge([package("Orchard Bank", "net.quarry")], [*KNOWN, near], HOSTS, lambda _, __: False)
    assert found is not None
    assert found.like == "Orchard Bank"
    assert judge([package("Orchard Bonk", "net.quarry")], [*KNOWN, near], HOSTS, lambda _, __: False) is None


def test_a_yes_makes_known_whom_an_extension_named_before_and_since_then() -> None:
    (one,) = acquainted([], [("harbour.example", 9)], [("pay.harbour.example", 4)])
    assert (one.host.registered, one.since, one.is_sure) == ("harbour.example", 4, True)
