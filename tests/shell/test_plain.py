"""What others call their things does not pass for anything else in the Shell, nor turn around what stands beside it."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shell.visitor import Visitor

from etui.shell.plain import MARK, plain
from etui.testkit import TestWallet

TURNS = "\N{RIGHT-TO-LEFT OVERRIDE}"
UNSEEN = "\N{ZERO WIDTH SPACE}"
ASKING = """
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Client

with Client.connect(name="any") as line:
    line.call(secret.Create(kind="note", label={label!r}, attributes={{{name!r}: {value!r}}}, value=b"x"))
    line.call(wallet.Grant(client={client!r}, action="secret/1.read"))
"""


def is_seen(character: str) -> bool:
    return character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_text_every_character_of_it_is_seen_and_none_is_lost(text: str) -> None:
    shown = plain(text)
    assert all(is_seen(one) or one == "\N{ZERO WIDTH JOINER}" for one in shown)
    kept = [(one, other) for one, other in zip(text, shown, strict=True) if is_seen(one) and not one.isspace()]
    assert all(one == other for one, other in kept)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Harbour Books", "Harbour Books"),
        ("Jos\u00e9 \u4f60\u597d", "Jos\u00e9 \u4f60\u597d"),
        (f"Har{UNSEEN}bour", f"Har{MARK}bour"),
        (f"{TURNS}gnp.exe", f"{MARK}gnp.exe"),
        ("a\u00a0b", "a b"),
        ("one\ntwo", "one\ntwo"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("Har\u200dbour", f"Har{MARK}bour"),
        ("\u200d", MARK),
    ],
)
def test_a_name_is_shown_so(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.attack(230)
def test_names_that_turn_around_what_stands_beside_them_are_marked_on_every_page_and_lead_where_they_led(
    visitor: Visitor, wallet: TestWallet
) -> None:
    whom = f"app:/usr/bin/mail{TURNS}er"
    program = wallet.folder / f"note{TURNS}.py"
    texts = {"label": f"{TURNS}note", "name": f"na{UNSEEN}me", "value": f"{TURNS}value", "client": whom}
    program.write_text(ASKING.format(**texts), encoding="utf-8")
    assert wallet.run(sys.executable, str(program)).returncode == 0
    pages = ("/", "/?text=note", "/of/etui/org.etui.secrets", "/clients", "/activity", "/activity?all=1")
    told = "".join(visitor.get(path).text for path in pages)
    assert f"{MARK}note" in told
    assert f"note{MARK}.py" in told
    assert TURNS not in re.sub('value="[^"]*"', "", told)
    assert f'value="{whom}"' in told, "it is offered, and sent back, as it is"
    assert visitor.does("/revoke", {"client": whom}, on="/clients") == "One right was taken back."
