"""A shop that signs receipts, and a drawer for them."""

from __future__ import annotations

import pytest
from tests.extensions.receipts.drawer import Drawer
from tests.standards.payments.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A merchant for whom a scheme vouches."""
    return Shop()


@pytest.fixture
def drawer() -> Drawer:
    """An empty one."""
    return Drawer()
