"""The key of a pairing, what it proves, and how its pages are called."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from tests.trusted.router.browser_door import Profile

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.evidence import read_origin
from etui.trusted.router.pages import OUTSTANDING, WebPeers, _Share, page_label
from etui.trusted.router.pairings import (
    SIGNATURE_BYTES,
    comparison_code,
    is_key,
    is_page_of,
    principal_of,
    proves,
    signed_bytes,
)

POINT = base64.b64decode("BGD+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk=")
"""The public key of RFC 6979, appendix A.2.5."""
PROFILE = Profile()
CHALLENGE = bytes(range(32))
PAIRING = "3f9a0c21d7e4"
SIGNATURE = PROFILE.sign(CHALLENGE, PAIRING)


def test_the_code_of_a_key_is_as_the_specification_has_it() -> None:
    assert comparison_code(POINT) == "160118"
    assert signed_bytes(b"\1" * 32, PAIRING) == b"etui/pairing/1\0" + b"\1" * 32 + b"3f9a0c21d7e4"


def test_a_key_is_a_point_of_the_curve_as_it_is_exported() -> None:
    assert is_key(POINT)
    off_the_curve = POINT[:-1] + bytes([POINT[-1] ^ 1])
    compressed = bytes([2 + (POINT[-1] & 1)]) + POINT[1:33]
    for other in (b"", POINT[:-1], POINT + b"\0", off_the_curve, compressed, compressed + bytes(32), bytes(65)):
        assert not is_key(other)


def test_a_proof_holds_for_its_key_challenge_and_pairing() -> None:
    assert proves(PROFILE.public, CHALLENGE, PAIRING, SIGNATURE)
    assert not proves(Profile().public, CHALLENGE, PAIRING, SIGNATURE)
    assert not proves(PROFILE.public, bytes(32), PAIRING, SIGNATURE)
    assert not proves(PROFILE.public, CHALLENGE, "3f9a0c21d7e5", SIGNATURE)
    for other in (b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(SIGNATURE_BYTES), b"\xff" * SIGNATURE_BYTES):
        assert not proves(PROFILE.public, CHALLENGE, PAIRING, other)


@given(st.integers(0, SIGNATURE_BYTES * 8 - 1))
def test_a_proof_with_one_bit_changed_is_none(bit: int) -> None:
    changed = int.from_bytes(SIGNATURE, "big") ^ (1 << bit)
    assert not proves(PROFILE.public, CHALLENGE, PAIRING, changed.to_bytes(SIGNATURE_BYTES, "big"))


@pytest.mark.parametrize(
    ("origin", "label"),
    [
        ("https://shop.example", "shop.example"),
        ("https://shop.example:8443", "shop.example:8443"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://xn--mnchen-3ya.example", "münchen.example (xn--mnchen-3ya.example)"),
        ("https://xn--mnchen-3ya.example:8443", "münchen.example (xn--mnchen-3ya.example:8443)"),
        ("https://xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # Cyrillic, which reads as apple
        ("https://xn--pypal-4ve.com", "xn--pypal-4ve.com"),  # one letter is Cyrillic
        ("https://xn--4dbrk0ce.example", "xn--4dbrk0ce.example"),  # from right to left beside left to right
        ("https://xn--ls8h.la", "xn--ls8h.la"),  # no letter at all
    ],
)
def test_an_international_name_is_read_out_where_nothing_in_it_may_be_taken_for_another(
    origin: str, label: str
) -> None:
    assert page_label(read_origin(origin)) == label


def test_a_page_is_of_the_browser_whose_pairing_its_principal_ends_with() -> None:
    page = principal_of("https://shop.example", PAIRING)
    assert is_page_of(page, PAIRING)
    assert not is_page_of(page, "0c21d7e4")
    assert not is_page_of(f"script:/home/ada/x@{PAIRING}", PAIRING)


def test_the_frames_of_one_origin_share_what_one_page_may_have_under_way() -> None:
    peers = WebPeers()
    peers.add_host("p1")
    for handle in ("p2", "p3"):
        peers.add_page(handle, "p1", "web:https://shop.example@a", 0.0)
    peers.add_page("p4", "p1", "web:https://other.example@a", 0.0)
    for number in range(OUTSTANDING):
        peers.admit("p2" if number % 2 else "p3", number, 0.0)
    with pytest.raises(ProtocolError) as caught:
        peers.admit("p3", 100, 0.0)
    assert caught.value.code is ErrorCode.TOO_MANY
    peers.admit("p4", 101, 0.0)
    assert sorted(peers.forget("p2")) == [number for number in range(OUTSTANDING) if number % 2]
    for number in range(OUTSTANDING):
        peers.finish(number)
    peers.admit("p3", 102, 0.0)
    peers.admit("p1", 103, 0.0)  # a native host is no page
    assert peers.within("p1") == ["p3", "p4"]


def test_a_page_has_a_rate_of_its_own() -> None:
    peers = WebPeers()
    peers.add_host("p1")
    peers.add_page("p2", "p1", "web:https://shop.example@a", 0.0)
    for number in range(2000):
        peers.admit("p2", number, 0.0)
        peers.finish(number)
    with pytest.raises(ProtocolError) as caught:
        peers.admit("p2", 0, 0.0)
    assert caught.value.code is ErrorCode.TOO_MANY
    peers.admit("p2", 0, 1.0)


class ComingAndGoing(RuleBasedStateMachine):
    """Native hosts and pages come, ask, are answered and go, in any order: nothing of what is gone is kept."""

    hosts = Bundle("hosts")
    pages = Bundle("pages")

    def __init__(self) -> None:
        super().__init__()
        self.peers = WebPeers()
        self.asked: dict[int, str] = {}
        self.within: dict[str, str] = {}
        self.shares: set[_Share] = set()
        self._number = 0

    def _next(self) -> int:
        self._number += 1
        return self._number

    @rule(target=hosts)
    def host(self) -> str:
        handle = f"h{self._next()}"
        self.peers.add_host(handle)
        return handle

    @rule(target=pages, host=hosts, name=st.sampled_from("ab"))
    def page(self, host: str, name: str) -> str:
        handle = f"p{self._next()}"
        if host in self.peers.hosts:
            self.peers.add_page(handle, host, f"web:https://{name}.example@1", 0.0)
            self.within[handle] = host
            self.shares.update(self.peers._shares.values())
        return handle

    @rule(handle=hosts | pages, many=st.integers(1, OUTSTANDING + 2))
    def asks(self, handle: str, many: int) -> None:
        for number in [self._next() for _ in range(many)]:
            with contextlib.suppress(ProtocolError):
                self.peers.admit(handle, number, 0.0)
                self.asked[number] = handle

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def is_answered(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.asked)))
        del self.asked[number]
        self.peers.finish(number)

    @rule(handle=hosts | pages)
    def goes(self, handle: str) -> None:
        within = [page for page, host in self.within.items() if host == handle]
        assert self.peers.within(handle) == within
        for gone in (*within, handle):
            waiting = [number for number, by in self.asked.items() if by == gone]
            assert self.peers.forget(gone) == waiting
            self.within.pop(gone, None)

    @invariant()
    def no_page_has_more_than_its_share(self) -> None:
        assert all(0 <= share.under_way <= OUTSTANDING for share in self.peers._shares.values())
        assert len(self.peers._shares) <= len(self.within)

    def teardown(self) -> None:
        for handle in (*self.within, *self.peers.hosts):
            self.peers.forget(handle)
        for number in self.asked:
            self.peers.finish(number)
        assert not any(share.under_way for share in self.shares)
        assert not self.peers._pages
        assert not self.peers._shares
        assert not self.peers._asked


TestComingAndGoing = ComingAndGoing.TestCase
