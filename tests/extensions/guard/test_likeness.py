"""Which names look like others, and which do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.likeness import sets
from hypothesis import given
from hypothesis import strategies as st
from tests.extensions.guard import prototypes_source

from etui.extensions.guard import prototypes
from etui.extensions.guard.hosts import Host, ascii_form, read_host
from etui.extensions.guard.likeness import How, host_likeness, is_near, same_looks
from etui.extensions.guard.skeletons import at_a_glance, in_passing, skeleton


def host(text: str) -> Host:
    read = read_host(text)
    assert read is not None
    return read


def likeness(seen: str, known: str) -> How | None:
    return host_likeness(host(seen), host(known))


@pytest.mark.parametrize(
    ("text", "registered", "before"),
    [
        ("shop.example", "shop.example", ()),
        ("https://pay.Shop.co.uk:8443", "shop.co.uk", ("pay",)),
        ("a.b.harbour.github.io.", "harbour.github.io", ("a", "b")),
        ("xn--hrbour-3nf.com", "h\N{CYRILLIC SMALL LETTER A}rbour.com", ()),
    ],
)
def test_a_host_is_what_somebody_registered_and_what_stands_before_it(
    text: str, registered: str, before: tuple[str, ...]
) -> None:
    assert (host(text).registered, host(text).before) == (registered, before)


@pytest.mark.parametrize(
    "text", ["", "localhost", "co.uk", "192.0.2.7", "[2001:db8::1]", "a b.example", "..", "-x.example", "x" * 300]
)
def test_what_nobody_registered_is_no_host(text: str) -> None:
    assert read_host(text) is None


@given(st.text(max_size=300))
def test_whatever_a_text_is_reading_it_ends(text: str) -> None:
    read = read_host(text)
    if read is not None:
        assert read.name
        assert read.suffix
        assert ascii_form(read).isascii()


@given(st.text(max_size=60))
def test_a_skeleton_has_a_skeleton(text: str) -> None:
    for look in (skeleton, in_passing, at_a_glance):
        assert isinstance(look(look(text)), str)


@pytest.mark.parametrize(
    ("seen", "known", "how"),
    [
        ("harbour-books.net", "harbour-books.com", How.ENDING),
        ("harb0ur-books.com", "harbour-books.com", How.LETTERS),
        ("h\N{CYRILLIC SMALL LETTER A}rbour-books.com", "harbour-books.com", How.LETTERS),
        ("hàrbour-books.com", "harbour-books.com", How.LETTERS),
        ("tidal-rnaps.org", "tidal-maps.org", How.LETTERS),
        ("harbourbooks.com", "harbour-books.com", How.SPLIT),
        ("harbour.books.com", "harbour-books.com", How.SPLIT),
        ("harbour-books.com.check-id.net", "harbour-books.com", How.WITHIN),
        ("pay.harbour-books.secure.example", "harbour-books.com", How.WITHIN),
        ("harbour-books-login.com", "harbour-books.com", How.WITHIN),
        ("harbuor-books.com", "harbour-books.com", How.SLIP),
        ("harbour-boks.com", "harbour-books.com", How.SLIP),
        ("bay.com", "ebay.com", How.SLIP),
        ("ebay-login.net", "ebay.com", How.WITHIN),
    ],
)
def test_a_host_looks_like_another_in_a_way_that_is_told(seen: str, known: str, how: How) -> None:
    assert likeness(seen, known) is how


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        ("pay.harbour-books.com", "harbour-books.com"),
        ("pineapple.org", "apex.com"),
        ("ottolenghi.co.uk", "otto.de"),
        ("bay.org", "ebay.com"),
        ("harbour.example", "harvest.example"),
        ("hl.de", "dhl.de"),
    ],
)
def test_a_host_does_not_look_like_one_of_its_own_party_or_one_that_is_merely_near(seen: str, known: str) -> None:
    assert likeness(seen, known) is None


def test_names_of_programs_look_the_same_only_where_they_are_others_that_look_so() -> None:
    assert same_looks("Harb0ur Maps", "Harbour Maps")
    assert same_looks("\N{CYRILLIC CAPITAL LETTER EN}arbour", "Harbour")
    assert not same_looks("python3.11", "python3.12")
    assert not same_looks("Harbour", "Harbour")
    assert not same_looks("!", "?")


def test_names_of_extensions_are_near_where_a_slip_is_between_them() -> None:
    assert is_near("Harbor Bank", "Harbour Bank")
    assert is_near("Harbour Bank", "harbour-bank")
    assert not is_near("Harbour Bank", "Orchard Bank")


def test_the_table_of_prototypes_is_what_its_source_makes() -> None:
    written = prototypes_source.source()
    assert Path(str(prototypes.__file__)).read_text(encoding="utf-8") == written


def test_of_a_sample_of_the_measured_sets_nearly_all_look_alikes_look_alike_and_nearly_no_honest_name() -> None:
    domains = sets.relationships(sets.REPORTED)[::4]
    known = [host(domain) for domain in domains]

    def is_stopped(name: str) -> bool:
        read = read_host(name)
        return read is not None and any(host_likeness(read, one) is not None for one in known)

    alike = [name for domain in domains for names in sets.look_alikes(domain).values() for name in names]
    honest = sets.honest_hosts(sets.REPORTED)[::3]
    assert len(alike) > 1000
    assert sum(map(is_stopped, alike)) / len(alike) > 0.97
    assert sum(map(is_stopped, honest)) / len(honest) < 0.005


@pytest.mark.long
def test_the_measured_sets_are_those_that_were_fixed() -> None:
    assert sets.fixed() == sets.FIXED
