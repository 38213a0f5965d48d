"""A scheme, an acquirer and a merchant of it, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.standards.payments.shop import Shop

if TYPE_CHECKING:
    from etui.counterparts.acquirer.certificates import Authority


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A merchant for whom a scheme vouches."""
    return Shop()


@pytest.fixture(scope="session")
def root(shop: Shop) -> Authority:
    """The scheme that vouches for it."""
    return shop.root
