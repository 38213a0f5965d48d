"""A wallet that runs, made and unlocked; its user has said nothing yet."""

import pytest

from etui.testkit import TestWallet


@pytest.fixture
def wallet(made_wallet: TestWallet) -> TestWallet:
    return made_wallet
