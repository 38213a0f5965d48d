"""Settings as people read and write them, and the buttons beside them, each of which opens its face of the dialog."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from tests.shell.visitor import Visitor

from etui.interfaces.wallet_1 import SettingRow
from etui.shell.forms import FormError
from etui.shell.settings import said, value_of
from etui.testkit import TestWallet

Unit = Literal["seconds", "days"]


def row(value: str, unit: Unit | None) -> SettingRow:
    return SettingRow(name="a_name", value=value, title="A title", unit=unit)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("600", "seconds", "10 minutes"),
        ("3600", "seconds", "1 hour"),
        ("0", "seconds", "never"),
        ("365", "days", "365 days"),
        ("1", "days", "1 day"),
        ("0", "days", "never"),
        ("on", None, "on"),
    ],
)
def test_a_setting_is_read_and_written_in_words(value: str, unit: Unit | None, words: str) -> None:
    assert said(row(value, unit)) == words
    assert value_of(row("", unit), f" {words.upper() if unit else words}") == value


@pytest.mark.parametrize(
    ("written", "unit", "reason"),
    [
        ("600", "seconds", "600.* is no span of time: .*, or never"),
        ("0 minutes", "seconds", "no whole number of seconds"),
        ("36 hours", "days", "36 hours is no whole number of days"),
        ("sometimes", "days", "sometimes"),
    ],
)
def test_what_is_no_value_of_a_setting_says_how_to_write_one(written: str, unit: Unit, reason: str) -> None:
    with pytest.raises(FormError, match=f"A title: .*{reason}"):
        value_of(row("1", unit), written)


def test_a_setting_is_changed_as_the_dialog_has_it(wallet: TestWallet, visitor: Visitor) -> None:
    told = visitor.does("/set", {"name": "auto_lock_s", "value": "10 minutes"}, on="/settings")
    assert told == "Locks itself after: 10 minutes."
    page = visitor.get("/settings").text
    assert 'name="value" value="10 minutes"' in page
    assert 'name="value" value="never"' in page, "so long is the audit kept"
    for name in ("auto_lock_s", "audit_days", "open_session"):
        assert f">{name}<" not in page
    assert visitor.does("/set", {"name": "open_session", "value": "on"}) == "Shared with this session: on."
    assert visitor.does("/set", {"name": "open_session", "value": "off"}) == "Shared with this session: off."
    wallet.user.forgets()
    wallet.user.refuses()
    refused = visitor.does("/set", {"name": "open_session", "value": "on"}, on="/settings")
    assert "Why?" in refused
    assert "Shared with this session: off" in visitor.get("/settings").text
    assert "write it as" in visitor.does("/set", {"name": "auto_lock_s", "value": "600"}, on="/settings")
    assert "no such setting" in visitor.does("/set", {"name": "no_such", "value": "1"}, on="/settings")


@pytest.mark.parametrize(
    ("button", "face"),
    [
        ("passphrase", "new_passphrase"),
        ("pin", "new_pin"),
        ("recovery", "recovery"),
        ("appearance", "appearance"),
    ],
)
def test_each_button_opens_its_face_of_the_dialog(wallet: TestWallet, visitor: Visitor, button: str, face: str) -> None:
    assert re.search(f'action="[^"]*/own/{button}"', visitor.get("/settings").text)
    before = len(wallet.user.shown())
    wallet.user.dismisses(face=face)
    told = visitor.does(f"/own/{button}", {}, on="/settings")
    assert [entry["face"] for entry in wallet.user.shown()[before:] if "face" in entry][-1] == face
    assert not re.search("is changed|are changed|is set|There is a new", told), "it was closed"
