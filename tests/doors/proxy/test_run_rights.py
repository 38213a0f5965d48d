"""`etui run --use` under a right of so many uses, and of one that ends: unasked within it, and asked about after it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.etui import ETUI, done, told
from tests.clocks import HOUR_S, Clock
from tests.doors.proxy.lent import curl, keep, lending
from tests.doors.proxy.service import NAME, OTHER, Service

from etui.testkit import TestWallet

HERE, ELSEWHERE = curl("/me"), curl("/me", host=OTHER)


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    with tempfile.TemporaryDirectory(prefix="etui-") as folder:
        yield Clock(Path(folder))


@pytest.fixture(scope="module")
def wallet(running: Service, clock: Clock) -> Iterator[TestWallet]:
    with lending(running, clock.start) as started:
        keep(started, "Two", OTHER)
        yield started


class Deploy:
    """A script of its own that is lent the token, so that it can be given a right."""

    def __init__(self, wallet: TestWallet, item: str) -> None:
        self._wallet = wallet
        self._item = item
        self._script = wallet.folder / f"deploy-{item}"
        self._script.write_text(f'{" ".join(ETUI)} run --use {item}=TOKEN -- sh -c "$1"\n', encoding="utf-8")
        self._asked = 0
        self.asked_in("true")
        self.client = next(row["client"] for row in told(wallet, "clients") if str(self._script) in row["client"])

    def asked_in(self, *requests: str) -> list[str]:
        """The hosts that the user is asked about while it makes these requests, each of which succeeds."""
        before = len(self._wallet.user.asked())
        ran = self._wallet.run("sh", str(self._script), "; ".join(requests))
        assert (ran.returncode, ran.stdout) == (0, "ada" * len([one for one in requests if one != "true"])), ran.stderr
        return [one["lead"].rpartition(" ")[2] for one in self._wallet.user.asked()[before:] if " in a " in one["lead"]]

    def is_granted(self, *limits: str) -> None:
        done(self._wallet, "grant", self.client, "secret/1.fetch", "--item", self._item, "--only-for", NAME, *limits)


def test_so_many_uses_at_one_host_ask_nobody_and_the_next_one_asks(wallet: TestWallet) -> None:
    deploy = Deploy(wallet, "two")
    deploy.is_granted("--uses", "2")
    assert deploy.asked_in(ELSEWHERE, HERE) == [OTHER], "a right is for its host alone"
    assert deploy.asked_in(HERE) == []
    assert deploy.asked_in(HERE) == [NAME]


def test_after_its_date_a_right_serves_no_run(wallet: TestWallet, clock: Clock) -> None:
    deploy = Deploy(wallet, "token")
    deploy.is_granted("--until", "1h")
    assert deploy.asked_in(HERE) == []
    clock.set(2 * HOUR_S)
    assert deploy.asked_in(HERE) == [NAME]
