"""The terminal's command, its file of settings, and its reader of PC/SC where there is none."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.counterparts.commands import run
from tests.counterparts.merchant.device import identity
from tests.counterparts.pos.conftest import Bank, Shop
from tests.counterparts.pos.driving import terminal
from tests.counterparts.pos.emulator import AID
from tests.counterparts.pos.settings_text import settings_text

from etui.counterparts.pos import __main__ as command
from etui.counterparts.pos.errors import SettingsError
from etui.counterparts.pos.reader import CallableReader
from etui.counterparts.pos.records import State
from etui.counterparts.pos.settings_file import read_settings
from etui.standards import emv


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The file of the terminal of these tests."""
    path = tmp_path / "terminal.toml"
    path.write_text(settings_text())
    return path


def test_a_file_of_settings_says_what_the_terminal_is(settings: Path) -> None:
    found = read_settings(settings)
    assert (found.terminal, found.letters) == (terminal(), "EUR")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"978"', '"97"'),
        ('"978"', '"392"'),
        ('"EUR"', '"EUX"'),
        ('mcc = "5541"', 'mcc = "5541"\nowner = "me"'),
        (AID.hex(), AID.hex()[:8]),
        ("floor_limit_minor = 5000", "floor_limit_minor = -1"),
        ("index = 1", "index = 2"),
        ('exponent = "03"', 'exponent = "05"'),
        ('"EUR"', "EUR"),
    ],
)
def test_a_file_of_settings_that_does_not_fit_is_refused(settings: Path, old: str, new: str) -> None:
    text = settings.read_text()
    assert old in text
    settings.write_text(text.replace(old, new))
    with pytest.raises(SettingsError):
        read_settings(settings)


def test_a_key_of_another_check_sum_is_not_taken(settings: Path) -> None:
    key = terminal().keys[0]
    other = emv.AuthorityKey(key.rid, 2, key.key)
    settings.write_text(settings.read_text().replace(key.check_sum().hex(), other.check_sum().hex()))
    with pytest.raises(SettingsError, match="check sum"):
        read_settings(settings)


def test_the_command_has_help_for_each_scene() -> None:
    for scene in ("till", "pump", "drive-thru", "meter", "settle"):
        said = run("pos", scene, "--help")
        assert said.returncode == 0
        assert "--acquirer HOST:PORT" in said.stdout
        assert said.stdout.split("\n\n")[1].endswith("."), "it says what the scene does"


def test_the_command_tells_what_was_taken_without_a_line(
    bank: Bank, shops: Callable[..., Shop], settings: Path
) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    assert shop.pay(1_250) is not None
    where = ("--settings", settings, "--db", shop.address)
    nobody = run("pos", "settle", *where, "--acquirer", "127.0.0.1:1")
    assert (nobody.returncode, nobody.stdout) == (2, "left to be told: 1\n")
    said = run("pos", "settle", *where, "--acquirer", f"127.0.0.1:{bank.port}")
    assert (said.returncode, said.stdout) == (0, "left to be told: 0\n")
    assert [one.state for one in shop.store.payments()] == [State.SETTLED]
    assert shop.reconcile() == 1_250


def test_the_command_is_one_process_for_a_terminal(settings: Path, tmp_path: Path) -> None:
    where = ("--settings", settings, "--db", f"sqlite:///{tmp_path}/pos.db", "--acquirer", "127.0.0.1:1")
    with settings.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = run("pos", "settle", *where)
    assert said.returncode == 1
    assert "another process" in said.stderr
    assert run("pos", "settle", *where).returncode == 0


def test_the_command_says_in_a_sentence_what_keeps_it_from_its_work(settings: Path, tmp_path: Path) -> None:
    identity().save(tmp_path / "another")
    where = ("--settings", settings, "--db", f"sqlite:///{tmp_path}/pos.db", "--acquirer", "127.0.0.1:1")
    for arguments, words in (
        (("till", "12.50", *where), "which reader?"),
        (("till", "12.50", *where, "--reader", "No reader"), "reader"),
        (("settle", *where[2:], "--settings", tmp_path / "none"), "cannot be read"),
        (("till", "1", *where, "--receipt", tmp_path / "new.jws"), "--identity names the folder"),
        (("till", "1", *where, "--receipt", settings, "--identity", tmp_path), "is there already"),
        (("till", "1", *where, "--receipt", tmp_path / "new.jws", "--identity", tmp_path), "key.pem cannot be read"),
        (
            ("till", "1", *where, "--receipt", tmp_path / "new.jws", "--identity", tmp_path / "another"),
            "merchant SHOP-1",
        ),
    ):
        said = run("pos", *arguments)
        assert (said.returncode, "Traceback" in said.stderr) == (1, False)
        assert words in said.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("till", "-5"), "1 to 999999999999 minor units, not -500"),
        (("till", "0.00"), "not 0"),
        (("till", "12.505"), "more decimals than EUR"),
        (("till", "10000000000"), "more than 999999999999"),
        (("pump", "--litre", "1.89", "--most", "-80"), "more than nothing is held"),
        (("pump", "--litre", "1.89", "--most", "80", "--litres", "-0.5"), "no number of litres"),
        (("pump", "--litre", "1.89", "--most", "80", "--litres", "1.+5"), "no number of litres"),
        (("meter", "9" * 9, "--step", "0.50"), "no whole number"),
        (("meter", "527040", "--step", "0.50"), "1 to 240 minutes"),
    ],
)
def test_what_is_no_amount_and_no_measure_is_refused_before_a_card_is_waited_for(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr(command, "_reader", lambda _: CallableReader(lambda: pytest.fail("a card was waited for")))
    where = ("--settings", settings, "--db", f"sqlite:///{tmp_path}/pos.db", "--acquirer", "127.0.0.1:1")
    said = run("pos", *arguments, *where)
    assert (said.returncode, said.stdout) == (1, "")
    assert words in said.stderr
    assert "Traceback" not in said.stderr
