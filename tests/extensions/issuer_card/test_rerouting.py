"""Whose turn it is of two cards at a terminal, by what that says of its merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.extensions.issuer_card.chips import PROFILE
from tests.extensions.issuer_card.test_taps import CARD

from etui.extensions.issuer_card.rerouting import Alternative, Merchant, Rerouting, Turns
from etui.interfaces import routing_1 as routing
from etui.sdk import ErrorCode, ProtocolError
from etui.standards import emv
from etui.standards.emv import Tag

if TYPE_CHECKING:
    from etui.interfaces import Request, Result

OTHER = msgspec.structs.replace(CARD, id="c2", profile=msgspec.structs.replace(PROFILE, network="etui-operators"))
TOLD: dict[int, bytes] = {
    Tag.ACQUIRER_IDENTIFIER: emv.write_numeric(400_001, 6),
    Tag.MERCHANT_CATEGORY_CODE: emv.write_numeric(742, 2),
    Tag.TERMINAL_COUNTRY_CODE: emv.write_numeric(40, 2),
    Tag.MERCHANT_IDENTIFIER: b"SHOP-1".ljust(15),
}


class Operator:
    """Answers as an operator's Extension, and as the Router of a wallet where that is the only one, would."""

    def __init__(self) -> None:
        self.asked: list[routing.Route] = []
        self.network: str | None = "etui-operators"
        self.breaks = False

    def __call__(self, request: Request[Result], *, provider: str = "") -> Result:
        if self.breaks or not isinstance(request, routing.Route):
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider} is not there")
        self.asked.append(request)
        return routing.RouteResult(network=self.network)


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.fixture
def turns(operator: Operator) -> Turns:
    alternative = Alternative(OTHER, "Demo Operator", "ext:x/y")
    return Turns(Rerouting(operator), CARD, alternative, 20_00)  # type: ignore[arg-type]  # it answers what is asked


def test_the_operators_card_pays_at_its_merchants_and_the_usual_one_elsewhere(turns: Turns, operator: Operator) -> None:
    assert turns.of(OTHER, TOLD) == OTHER
    (asked,) = operator.asked
    said = (asked.place, asked.acquirer, asked.merchant, asked.category, asked.country, asked.amount, asked.currency)
    assert said == ("terminal", "400001", "SHOP-1", "0742", "040", 20_00, "EUR")
    assert asked.covered is None, "nobody could say"
    operator.network = None
    assert turns.of(OTHER, TOLD) == CARD
    operator.network = "another"
    assert turns.of(CARD, TOLD) == CARD


def test_the_usual_card_steps_back_once_for_a_terminal_that_does_not_take_the_other(turns: Turns) -> None:
    assert turns.of(CARD, TOLD) == OTHER
    assert turns.of(CARD, TOLD) == CARD
    assert turns.of(CARD, TOLD) == OTHER
    assert turns.of(OTHER, TOLD) == OTHER
    assert turns.of(CARD, TOLD) == OTHER


def test_a_terminal_that_says_nothing_and_an_operator_that_is_away_leave_it_with_the_usual_card(
    turns: Turns, operator: Operator
) -> None:
    assert turns.of(CARD, {}) == CARD
    assert operator.asked == []
    operator.breaks = True
    assert turns.of(CARD, TOLD) == CARD


@given(st.dictionaries(st.sampled_from(sorted(TOLD)), st.binary(max_size=15)))
def test_bytes_of_any_terminal_are_a_merchant_or_none(told: dict[int, bytes]) -> None:
    found = Merchant.read(told)
    if found is not None:
        assert found.acquirer.isdigit()
        assert len(found.acquirer) <= 11
        assert not found.acquirer.startswith("0")
        assert (len(found.category), len(found.country)) == (4, 3)
        assert len(found.number) <= 15
        assert found.number.isprintable()
