"""The operator's table: which payments it routes, and what is no table."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.extensions.operator.errors import TableError
from etui.extensions.operator.provider import _SUPPLIED
from etui.extensions.operator.table import MAX_BYTES, Payment, Table, read_table

TABLE = """\
number = 7
operator = "Demo Operator"
network = "etui-operators"

[[agreement]]
acquirer = "400001"
name = "Demo Acquirer"
countries = ["DE", "276"]
currency = "EUR"
most_minor = 5000
not_categories = ["7995"]
without_coverage = true

[[agreement]]
acquirer = "400002"
name = "Other Acquirer"
countries = ["AT"]
currency = "EUR"
most_minor = 5000
merchants = ["SHOP-2"]
"""
PAYMENT = Payment(
    acquirer="400001",
    merchant="SHOP-1",
    category="5942",
    country="DE",
    amount=1250,
    currency="EUR",
    covered=True,
)
OTHER = msgspec.structs.replace(PAYMENT, acquirer="400002", merchant="SHOP-2", country="AT")


def changed(payment: Payment, **changes: object) -> Payment:
    """The same payment but for this."""
    return msgspec.structs.replace(payment, **changes)


@pytest.mark.parametrize(
    ("payment", "routed"),
    [
        (PAYMENT, True),
        (changed(PAYMENT, country="276"), True),
        (changed(PAYMENT, covered=False), True),
        (changed(PAYMENT, amount=5000), True),
        (changed(PAYMENT, amount=5001), False),
        (changed(PAYMENT, acquirer="400003"), False),
        (changed(PAYMENT, acquirer=""), False),
        (changed(PAYMENT, country="FR"), False),
        (changed(PAYMENT, currency="USD"), False),
        (changed(PAYMENT, category="7995"), False),
        (OTHER, True),
        (changed(OTHER, covered=False), False),
        (changed(OTHER, merchant="SHOP-3"), False),
    ],
)
def test_what_an_agreement_is_about_is_routed_and_nothing_else(payment: Payment, *, routed: bool) -> None:
    assert (read_table(TABLE.encode()).agreement_for(payment) is not None) is routed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "number = ",
        TABLE.replace('"400001"', '"0400001"'),
        TABLE.replace('["AT"]', '["Austria"]'),
        TABLE.replace('["AT"]', "[]"),
        TABLE.replace("number = 7", "number = 0"),
        TABLE.replace("number = 7", "number = 7\nmore = 1"),
        TABLE.replace("etui-operators", "etui operators"),
        TABLE.replace("most_minor = 5000", "most_minor = -1"),
        TABLE + "#" * MAX_BYTES,
    ],
)
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(TableError, match="not taken"):
        read_table(text.encode())


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda end: (TABLE + end).encode()))
def test_bytes_of_anybody_are_a_table_or_refused(text: bytes) -> None:
    with contextlib.suppress(TableError):
        assert isinstance(read_table(text), Table)


def test_the_table_that_comes_with_the_extension_can_be_used() -> None:
    assert read_table(_SUPPLIED.read_bytes()).agreement_for(PAYMENT) is not None
