"""A running wallet for the tests of the Router: real processes, real policy, a scripted user."""

import pytest

from etui.testkit import TestWallet


@pytest.fixture
def wallet(made_wallet: TestWallet) -> TestWallet:
    return made_wallet
