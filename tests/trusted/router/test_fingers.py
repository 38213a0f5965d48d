"""A finger in place of the PIN, from the dialog to fprintd and back, with Debian's fprintd and a virtual reader."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.fprintd import NAME, SOMEBODYS, Reader
from tests.processes import kill
from tests.trusted.native.session.desktop import Desktop
from tests.trusted.router.programs import rereader
from tests.trusted.router.test_operator import PASSPHRASE_TO_READ, explained, rule_by
from tests.trusted.supervisor.processes import DIALOG, pid_of, processes, until

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import PrivateBus, TestWallet
from etui.testkit.user import PASSPHRASE
from etui.trusted.control import FingerSaid, FingerState
from etui.trusted.dialog.requests import Finger, FingerStage
from etui.trusted.router import fingers

PIN = "2743"
BY_HAND = {"face": "confirm", "action_contains": "Mail", "finger": False}
MAIL = {**BY_HAND, "finger": True}
FOUND = ["hunter2"]
ASKING = "etui.trusted.native.fingerprint"
FINGER_TO_READ = """
@id("finger-to-read")
forbid (principal, action == Action::"secret/1.read", resource)
when { !(context.assurance >= 2 || context.fingerprint) };
"""


@pytest.fixture
def wallet(short_dir: Path, reader: Reader) -> Iterator[TestWallet]:
    """A wallet whose policy takes a finger; its user chose a PIN and no finger, and has one that fprintd knows."""
    reader.enrols()
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, environ={"DBUS_SYSTEM_BUS_ADDRESS": reader.address}) as started:
        started.create()
        rule_by(started, FINGER_TO_READ)
        started.unlock()
        started.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new=PIN)
        with started.connect() as client:
            client.call(wallet_interface.ChangePin())
        started.user.rule("approve", when=BY_HAND, secret=PIN)
        yield started


@pytest.fixture
def chosen(wallet: TestWallet) -> TestWallet:
    """The same, whose user chose the finger too."""
    wallet.user.rule("type", when={"face": "unlock", "text_contains": "finger"}, secret=PASSPHRASE)
    switch(wallet, "on")
    return wallet


@pytest.fixture
def looks(chosen: TestWallet) -> Iterator[Callable[[], Future[list[str]]]]:
    """A program looks for the secret while the test goes on."""
    with ThreadPoolExecutor(1) as beside:
        yield lambda: beside.submit(rereader, chosen, "mailer.py")


Looks = Callable[[], Future[list[str]]]


def switch(wallet: TestWallet, value: str) -> None:
    with wallet.connect() as client:
        client.call(wallet_interface.Set(name="fingerprint", value=value))


def is_on(wallet: TestWallet) -> bool:
    with wallet.connect() as client:
        return client.call(wallet_interface.Fingerprint()).enabled


def told(wallet: TestWallet) -> list[str]:
    """What the dialog has said of fingers, in order."""
    return [entry["told"] for entry in wallet.user.shown() if entry.get("event") == "finger"]


def await_told(wallet: TestWallet, part: str) -> None:
    until(lambda: any(part in one for one in told(wallet)), f"the dialog says {part!r}")


def approvals(wallet: TestWallet, part: str = "mailer.py") -> list[str]:
    """How the user confirmed what a program asked for, as it is explained."""
    with wallet.connect() as client:
        records = client.call(shell_interface.Audit(text=part)).records
    why = [explained(wallet, record.id) for record in records if record.outcome == "approved"]
    return [sentence for sentences in why for sentence in sentences if sentence in {BY_FINGER, BY_PIN}]


BY_FINGER = "You confirmed it with a finger: fprintd of this machine vouched for that, not the wallet."
BY_PIN = "You confirmed it with your PIN or passphrase."


def test_a_finger_stands_for_the_pin_and_both_question_and_record_say_who_vouched(
    chosen: TestWallet, reader: Reader, looks: Looks
) -> None:
    chosen.user.rule("approve", when={**MAIL, "pin": True}, finger=True)
    found = looks()
    await_told(chosen, "Touch the fingerprint reader, or type your PIN.")
    assert not found.done()
    reader.touch()
    assert found.result() == FOUND
    assert "That it is yours says fprintd of this machine, and your wallet cannot check that." in str(
        chosen.user.asked()[-1]
    )
    assert told(chosen)[-1] == "fprintd says that the finger is yours. You have not allowed anything yet."
    assert approvals(chosen) == [BY_FINGER]
    reader.awaits_release()


@pytest.mark.attack(283)
def test_a_finger_that_is_recognised_says_yes_to_nothing(chosen: TestWallet, reader: Reader, looks: Looks) -> None:
    chosen.user.rule("wait", when=MAIL)
    found = looks()
    await_told(chosen, "Touch")
    reader.touch()
    await_told(chosen, "You have not allowed anything yet.")
    reader.awaits_release()
    assert not found.done()
    chosen.user.rule("refuse", when=MAIL)
    assert found.result()[0] == "refused"


def test_it_takes_the_passphrase_to_choose_it_and_nothing_to_leave_it(wallet: TestWallet) -> None:
    wallet.user.rule("dismiss", when={"face": "unlock", "text_contains": "finger", "wrong": True})
    wallet.user.rule("type", when={"face": "unlock", "text_contains": "finger", "wrong": False}, secret="wrong")
    with pytest.raises(ProtocolError) as caught:
        switch(wallet, "on")
    assert caught.value.code is ErrorCode.NOT_NOW
    assert not is_on(wallet)
    shown = str([entry for entry in wallet.user.shown() if entry.get("face") == "unlock"])
    assert "fprintd of this machine vouches for that, and the wallet cannot check it." in shown
    assert "A finger unlocks nothing." in shown
    wallet.user.rule("type", when={"face": "unlock", "text_contains": "finger"}, secret=PASSPHRASE)
    assert wallet.etui("fingerprint", "on").returncode == 0
    assert "A finger confirms in place of the PIN." in wallet.etui("fingerprint", "status").stdout
    assert wallet.etui("fingerprint", "off").returncode == 0
    assert "A finger does not confirm in place of the PIN." in wallet.etui("fingerprint", "status").stdout


@pytest.mark.attack(284)
def test_whoever_did_not_choose_it_is_offered_none_and_fprintd_is_not_asked(wallet: TestWallet, reader: Reader) -> None:
    before = reader.said.count("Claim")
    wallet.user.rule("refuse", when=MAIL)
    assert rereader(wallet, "mailer.py") == FOUND
    assert reader.said.count("Claim") == before


@pytest.mark.attack(285)
def test_where_the_pin_itself_is_demanded_no_finger_is_offered_and_fprintd_is_not_asked(
    chosen: TestWallet, reader: Reader
) -> None:
    rule_by(
        chosen, PASSPHRASE_TO_READ.replace('action in Action::"effect:disclose"', 'action == Action::"secret/1.read"')
    )
    chosen.unlock()
    assert is_on(chosen)
    before = reader.said.count("Claim")
    chosen.user.rule("refuse", when=MAIL)
    assert rereader(chosen, "mailer.py") == FOUND
    assert approvals(chosen) == [BY_PIN]
    assert reader.said.count("Claim") == before


def test_a_pin_that_is_typed_while_a_finger_is_waited_for_wins(
    chosen: TestWallet, reader: Reader, looks: Looks
) -> None:
    chosen.user.rule("wait", when=MAIL)
    found = looks()
    await_told(chosen, "Touch")
    chosen.user.rule("approve", when=MAIL, secret=PIN)
    assert found.result() == FOUND
    assert approvals(chosen) == [BY_PIN]
    reader.awaits_release()


def test_a_wrong_pin_has_it_asked_again_and_the_finger_still_stands_for_it(
    chosen: TestWallet, reader: Reader, looks: Looks
) -> None:
    chosen.user.rule("approve", when={**MAIL, "wrong": False}, secret="2744")
    chosen.user.rule("approve", when={**MAIL, "wrong": True}, finger=True)
    found = looks()
    until(lambda: "That PIN was wrong." in str(chosen.user.asked()), "the PIN is asked for again")
    reader.touch()
    assert found.result() == FOUND
    assert approvals(chosen) == [BY_FINGER]


@pytest.mark.attack(286)
def test_a_finger_counts_for_one_question_and_the_next_one_takes_another(
    chosen: TestWallet, reader: Reader, looks: Looks
) -> None:
    chosen.user.rule("approve", when=MAIL, finger=True, secret=PIN, remember="once")
    found = looks()
    reader.touch()
    assert found.result() == FOUND
    again = looks()
    until(lambda: len([one for one in told(chosen) if one.startswith("Touch")]) == 2, "another finger is waited for")
    reader.dies()
    assert again.result() == FOUND
    assert sorted(approvals(chosen)) == sorted([BY_FINGER, BY_PIN])


@pytest.mark.attack(287)
def test_three_wrong_fingers_leave_the_pin(chosen: TestWallet, reader: Reader, looks: Looks) -> None:
    chosen.user.rule("approve", when=MAIL, finger=True, secret=PIN)
    found = looks()
    for _ in range(3):
        reader.touch(SOMEBODYS)
    assert found.result() == FOUND
    assert told(chosen)[-1] == ("No finger can stand for it (fprintd did not recognise the finger). Type your PIN.")
    assert approvals(chosen) == [BY_PIN]


Harm = Callable[[Reader, TestWallet], None]
HARMS: list[tuple[Harm, str]] = [
    (lambda reader, _: reader.dies(signal.SIGKILL), "fprintd ended"),
    (lambda reader, _: reader.is_unplugged(), "the fingerprint reader failed, or was unplugged"),
    (lambda _, wallet: kill(pid_of(wallet, ASKING)), "what asks fprintd ended"),
]


@pytest.mark.parametrize(("harm", "note"), HARMS, ids=["fprintd", "reader", "asking"])
def test_what_fails_in_the_middle_leaves_the_pin(
    chosen: TestWallet, reader: Reader, looks: Looks, harm: Harm, note: str
) -> None:
    chosen.user.rule("approve", when=MAIL, finger=True, secret=PIN)
    found = looks()
    await_told(chosen, "Touch")
    harm(reader, chosen)
    assert found.result() == FOUND
    assert told(chosen)[-1] == f"No finger can stand for it ({note}). Type your PIN."
    assert approvals(chosen) == [BY_PIN]


@pytest.mark.attack(288)
def test_a_program_that_has_the_reader_first_leaves_the_pin(chosen: TestWallet, reader: Reader) -> None:
    assert reader.program().claims()
    chosen.user.rule("approve", when=MAIL, finger=True, secret=PIN)
    assert rereader(chosen, "mailer.py") == FOUND
    assert told(chosen)[-1] == (
        "No finger can stand for it (another program has the fingerprint reader). Type your PIN."
    )


Away = Callable[[TestWallet], None]
AWAY: list[Away] = [
    lambda wallet: wallet.user.rule("dismiss", when=MAIL),
    lambda wallet: wallet.user.rule("refuse", when=MAIL),
    lambda wallet: kill(pid_of(wallet, DIALOG)),
    TestWallet.lock,
]


@pytest.mark.parametrize("away", AWAY, ids=["dismissed", "refused", "dialog", "lock"])
def test_the_reader_is_released_with_the_question(chosen: TestWallet, reader: Reader, looks: Looks, away: Away) -> None:
    chosen.user.rule("wait", when=MAIL)
    looks()
    await_told(chosen, "Touch")
    assert not reader.program().claims()
    away(chosen)
    reader.awaits_release()
    until(lambda: ASKING not in processes(chosen), "nothing asks fprintd any more")


@pytest.mark.attack(289)
def test_an_fprintd_on_another_bus_or_of_another_program_is_not_asked(
    chosen: TestWallet, reader: Reader, looks: Looks, session_bus: PrivateBus
) -> None:
    chosen.user.rule("approve", when=MAIL, finger=True, secret=PIN)
    with Desktop() as desktop:
        forger = desktop.peer(session_bus.address)
        forger.own(NAME)
        found = looks()
        await_told(chosen, "Touch")
        reader.program().pretends("verify-match")
        reader.touch(SOMEBODYS)
        await_told(chosen, "did not recognise")
        reader.dies()
        assert found.result() == FOUND
        assert forger.calls.empty()
    assert approvals(chosen) == [BY_PIN]


@pytest.mark.attack(290)
def test_a_locked_wallet_asks_for_no_finger(chosen: TestWallet, reader: Reader) -> None:
    chosen.lock()
    before = reader.said.count("Claim")
    with chosen.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Fingerprint())
    assert caught.value.code is ErrorCode.LOCKED
    chosen.user.rule("dismiss", when={"face": "unlock"})
    with chosen.connect() as client, pytest.raises(ProtocolError):
        client.call(wallet_interface.Unlock())
    shown = [entry for entry in chosen.user.shown() if entry.get("face") == "unlock"][-1]
    assert "finger" not in str(shown)
    assert reader.said.count("Claim") == before


@pytest.mark.attack(291)
def test_another_copy_of_the_wallet_takes_no_finger(chosen: TestWallet) -> None:
    chosen.lock()
    (chosen.home / "device" / "copy").unlink()
    chosen.unlock()
    assert not is_on(chosen)


def test_without_fprintd_it_cannot_be_chosen_and_status_says_why(wallet: TestWallet, reader: Reader) -> None:
    reader.dies()
    with pytest.raises(ProtocolError, match="fprintd is not installed on this machine") as caught:
        switch(wallet, "on")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    said: dict[str, Any] = {"face": "unlock"}
    assert "finger" not in str([entry for entry in wallet.user.shown() if entry.get("face") == said["face"]])
    assert "fprintd is not installed on this machine" in wallet.etui("fingerprint", "status").stdout


@pytest.mark.attack(286)
def test_a_finger_counts_for_no_more_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fingers.LASTS_S == 60.0
    monkeypatch.setattr(fingers, "LASTS_S", 0.02)

    async def within() -> None:
        said: list[Callable[[FingerSaid], None]] = []
        over: asyncio.Future[Finger] = asyncio.get_running_loop().create_future()

        def shown(finger: Finger) -> None:
            if finger.stage is FingerStage.OVER:
                over.set_result(finger)

        def wait(take: Callable[[FingerSaid], None]) -> Callable[[], None]:
            said.append(take)
            return said.clear

        waits = SimpleNamespace(wait=wait)
        with fingers.FingerOf(cast("Any", waits), changed=shown) as finger:
            finger.begin()
            said[0](FingerSaid(number=1, state=FingerState.RECOGNISED))
            assert finger.is_recognised
            async with asyncio.timeout(60.0):
                assert "more than a minute ago" in (await over).note
            assert not finger.is_recognised

    asyncio.run(within())
