"""What happens when nobody uses the wallet, or one of its Extensions, for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.trusted.router.strangers import Stranger
from tests.trusted.supervisor.processes import (
    DIALOG,
    ROUTER,
    SECRETS,
    STORAGE,
    VALUE,
    VAULT,
    await_end,
    await_state,
    processes,
    read,
    state,
    store,
    until,
)

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import TestWallet

IDLE_S = 2
LOCK_S = 3
SLEEPER = Stranger(
    "sleeper",
    """
    import time
    from etui.interfaces import Request, Result
    from etui.sdk import Call, Extension, provides

    class SleepResult(Result, frozen=True, kw_only=True):
        METHOD = "org.example.sleeper/1.sleep"

    class Sleep(Request[SleepResult], frozen=True, kw_only=True):
        METHOD = "org.example.sleeper/1.sleep"
        RESULT = SleepResult
        seconds: int

    class Sleeper(Extension):
        @provides(Sleep)
        def sleep(self, request: Sleep, call: Call) -> SleepResult:
            time.sleep(request.seconds)
            return SleepResult()

    Sleeper().run()
    """,
    {"sleep": {"title": "Sleep", "effect": "none", "params": {"seconds": {"type": "integer"}}, "result": {}}},
)


def lock_after(wallet: TestWallet, seconds: int) -> None:
    with wallet.connect() as client:
        client.call(wallet_interface.Set(name="auto_lock_s", value=str(seconds)))


def locks_at(wallet: TestWallet) -> int | None:
    with wallet.connect() as client:
        return client.call(wallet_interface.Status()).locks_at


def test_a_wallet_that_nobody_uses_locks_by_itself_and_says_why(wallet: TestWallet) -> None:
    before = processes(wallet)
    lock_after(wallet, 1)
    await_state(wallet, "locked")  # to ask for its state is no use of it
    await_end(before[module] for module in (ROUTER, VAULT, DIALOG, SECRETS, STORAGE))
    due = None
    while due is None:  # it may have locked again by then, since the setting outlives the lock
        wallet.unlock()
        due = locks_at(wallet)
    assert due - time.time() <= 1
    with wallet.connect() as client:
        lock = [row.id for row in client.call(shell_interface.Audit()).records if row.action == "lock"][-1]
        assert "nobody used the wallet for a while" in " ".join(client.call(wallet_interface.Why(id=lock)).sentences)


def in_use(wallet: TestWallet, seconds: float) -> tuple[bool, float]:
    """Uses the wallet for so long; whether it stayed open, and how long it was not used at the most."""
    router, unused_s = processes(wallet)[ROUTER], 0.0
    began = used = time.monotonic()
    with contextlib.suppress(ProtocolError), wallet.connect() as client:
        while used < began + seconds:
            client.call(secret.Find(attributes={"service": "mail"}))
            unused_s, used = max(unused_s, time.monotonic() - used), time.monotonic()
    stayed = state(wallet) == "unlocked" and processes(wallet).get(ROUTER) == router
    return stayed, max(unused_s, time.monotonic() - used)


def test_a_wallet_in_use_does_not_lock(wallet: TestWallet) -> None:
    lock_after(wallet, LOCK_S)
    stayed, unused_s = in_use(wallet, 2 * LOCK_S)
    while unused_s >= LOCK_S / 2:  # the machine stood still, and the wallet may have locked
        wallet.unlock()
        stayed, unused_s = in_use(wallet, 2 * LOCK_S)
    assert stayed


@pytest.fixture
def brief(short_dir: Path) -> Iterator[TestWallet]:
    """A wallet whose Extensions are stopped after two seconds without use, with something in it."""
    home = short_dir / "home"
    home.mkdir(mode=0o700)
    (home / "profile.json").write_text(f'{{"format": 1, "id": "brief", "test": {{"idle_s": {IDLE_S}}}}}')
    with TestWallet(short_dir) as running:
        running.create()
        store(running)
        yield running


KEEPER = Stranger(
    "keeper",
    """
    from etui.interfaces import Request, Result
    from etui.sdk import Call, Extension, provides

    class HoldResult(Result, frozen=True, kw_only=True):
        METHOD = "org.example.keeper/1.hold"
        held: int

    class Hold(Request[HoldResult], frozen=True, kw_only=True):
        METHOD = "org.example.keeper/1.hold"
        RESULT = HoldResult
        stays: bool

    class Keeper(Extension):
        def begin(self) -> None:
            self.held = 0

        @provides(Hold)
        def hold(self, request: Hold, call: Call) -> HoldResult:
            self.held += 1
            self.stays(request.stays)
            return HoldResult(held=self.held)

    Keeper().run()
    """,
    {
        "hold": {
            "title": "Hold",
            "effect": "none",
            "params": {"stays": {"type": "boolean"}},
            "result": {"held": {"type": "integer"}},
        }
    },
)


def unused(call: Callable[[], dict[str, object]]) -> dict[str, object]:
    """What a call answers after nobody called for long enough."""
    time.sleep(IDLE_S + 1.5)
    return call()


def test_an_extension_that_would_lose_what_it_holds_is_not_stopped_until_it_says_otherwise(brief: TestWallet) -> None:
    KEEPER.install(brief)
    with brief.connect() as client:
        assert KEEPER.call(client, "hold", stays=True) == {"held": 1}
        until(lambda: not {SECRETS, STORAGE} & set(processes(brief)), "the others were stopped")
        time.sleep(IDLE_S)  # it was used after them
        assert KEEPER.call(client, "hold", stays=False) == {"held": 2}
        until(lambda: unused(lambda: KEEPER.call(client, "hold", stays=False)) == {"held": 1}, "it was stopped")


def test_extensions_that_nobody_uses_are_stopped_and_start_when_they_are_needed(brief: TestWallet) -> None:
    before = processes(brief)
    until(lambda: not {SECRETS, STORAGE} & set(processes(brief)), "both were stopped")
    assert processes(brief) == {name: pid for name, pid in before.items() if name not in {SECRETS, STORAGE}}
    assert state(brief) == "unlocked"
    brief.user.approves()
    assert read(brief) == VALUE


def test_an_extension_that_serves_a_call_is_not_stopped(brief: TestWallet) -> None:
    SLEEPER.install(brief)
    with brief.connect() as client:
        assert SLEEPER.call(client, "sleep", seconds=2 * IDLE_S + 1) == {}
