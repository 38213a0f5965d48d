"""A wallet that runs, made and unlocked, whose user says yes."""

import pytest

from etui.testkit import TestWallet


@pytest.fixture
def wallet(made_wallet: TestWallet) -> TestWallet:
    made_wallet.user.approves()
    return made_wallet
