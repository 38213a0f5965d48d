"""A stranger's interface with a text that is read: shown whole each time, and its provider is told how."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
from typing import Any

import pytest
from tests.trusted.router.strangers import Stranger

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet

_CODE = """
import msgspec
from etui.interfaces import Request, Result
from etui.sdk import Call, Extension, Prepared, prepares, provides

class SealResult(Result, frozen=True, kw_only=True):
    METHOD = "org.example.notary/1.seal"
    consent: str

class Seal(Request[SealResult], frozen=True, kw_only=True):
    METHOD = "org.example.notary/1.seal"
    RESULT = SealResult
    text: str

class Notary(Extension):
    @prepares(Seal)
    def prepare_seal(self, request: Seal, _: Call) -> Prepared:
        place = msgspec.Raw(msgspec.json.encode("Graz\\u200b"))
        return Prepared(settles={"place": place} if "Graz" in request.text else {})

    @provides(Seal)
    def seal(self, request: Seal, call: Call) -> SealResult:
        return SealResult(consent=msgspec.json.encode(call.consent).decode())

Notary().run()
"""
_METHODS = {
    "seal": {
        "title": "Seal",
        "ask": "put a seal under “{title}”",
        "effect": "use",
        "prepare": True,
        "params": {
            "place": {"type": "text", "title": "Place", "material": True, "optional": True},
            "title": {"type": "text", "title": "Title", "max": 100, "material": True},
            "text": {"type": "text", "title": "What you seal", "max": 65536, "material": True, "read": True},
            "papers": {
                "type": "list",
                "title": "Papers",
                "of": {"type": "named", "name": "Paper"},
                "material": True,
                "optional": True,
            },
            "notes": {
                "type": "list",
                "title": "Notes",
                "of": {"type": "text"},
                "max": 9,
                "material": True,
                "optional": True,
            },
            "said": {"type": "map", "title": "Said", "of": {"type": "text"}, "material": True, "optional": True},
            "aside": {"type": "text", "title": "Aside", "optional": True},
        },
        "result": {"consent": {"type": "text"}},
    }
}
_TYPES = {
    "Paper": {
        "fields": {
            "name": {"type": "text", "title": "Name"},
            "pages": {"type": "integer", "title": "Pages"},
            "hidden": {"type": "text", "optional": True},
        }
    }
}
_ASKING = """
import json, sys
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    for text in sys.argv[1:]:
        params = json.dumps({"title": "A pact", "text": text}).encode()
        try:
            wallet.call_raw("org.example.notary/1.seal", params)
            print("sealed")
        except ProtocolError as error:
            print(error.code.slug)
"""

pytestmark = pytest.mark.shares_wallet


@pytest.fixture
def notary(wallet: TestWallet) -> Stranger:
    stranger = Stranger("notary", _CODE, _METHODS, types=_TYPES)
    stranger.install(wallet)
    return stranger


def sealed(wallet: TestWallet, notary: Stranger, /, **params: object) -> dict[str, Any]:
    with wallet.connect() as client:
        found = notary.call(client, "seal", **{"title": "A pact", **params})["consent"]
    decoded: dict[str, Any] = json.loads(str(found))
    return decoded


def refused(wallet: TestWallet, notary: Stranger, /, **params: object) -> str:
    with pytest.raises(ProtocolError) as caught:
        sealed(wallet, notary, **params)
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    return caught.value.message


def test_the_text_stands_whole_in_the_question_and_its_provider_is_told_how(
    wallet: TestWallet, notary: Stranger
) -> None:
    wallet.user.approves(action_contains="put a seal under “A pact”")
    text = "\n".join(f"{n}. What is agreed, at length." for n in range(2000))
    before = int(time.time())
    consent = sealed(wallet, notary, text=text)
    (question,) = [asked for asked in wallet.user.asked() if "seal" in asked["lead"]]
    assert question["body"] == text
    assert question["lines"] == [["Title", "A pact"]]
    assert base64.b64decode(consent["read"]) == hashlib.sha256(text.encode()).digest()
    assert before <= consent["at"] <= int(time.time())
    assert {name: consent[name] for name in ("assurance", "face", "display", "test")} == {
        "assurance": "consent",
        "face": "script",
        "display": "scripted",
        "test": True,
    }


@pytest.mark.attack(87)
@pytest.mark.usefixtures("notary")
def test_nothing_that_was_allowed_before_skips_the_reading(wallet: TestWallet) -> None:
    script = wallet.folder / "asking.py"
    script.write_text(_ASKING, encoding="utf-8")
    wallet.user.approves(action_contains="put a seal")
    ran = wallet.run(sys.executable, str(script), "first")
    assert ran.stdout.split() == ["sealed"], ran.stderr
    (question,) = [asked for asked in wallet.user.asked() if "seal" in asked["lead"]]
    assert [choice for choice, _ in question["remember"]] == ["once"]
    with wallet.connect() as client:
        wallet.user.approves(face="confirm", action_contains="")
        granted = wallet_interface.Grant(client=question["principal"], action="org.example.notary/1.seal")
        client.call(granted)
    wallet.user.forgets()
    wallet.user.refuses(text_contains="second")
    ran = wallet.run(sys.executable, str(script), "second", "second too")
    assert ran.stdout.split() == ["refused", "refused"], ran.stderr


@pytest.mark.attack(88)
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"text": "I pay \u202e001 euros"}, "text: character 7, U+202E RIGHT-TO-LEFT OVERRIDE"),
        ({"text": "I pay\n1\u200b00"}, "text: character 8 (line 2), U+200B ZERO WIDTH SPACE"),
        ({"text": "I\tpay"}, "text: character 2, U+0009 a control character"),
        ({"text": "I pay \nall"}, "text: character 6 (line 1), U+0020 SPACE, is at the end of a line"),
        ({"text": "ok", "title": "A\nB"}, "title: character 2 (line 1), U+000A a control character"),
        ({"text": "ok", "papers": [{"name": "a", "pages": 1}, {"name": "a\u2060", "pages": 1}]}, "papers 2.name"),
        ({"text": "ok", "papers": [{"name": "a", "pages": 1, "hidden": "\x1b"}]}, "papers 1.hidden"),
        ({"text": "ok", "notes": ["fine", "u\u0308"]}, "notes 2: character 1, U+0075 LATIN SMALL LETTER U, is not"),
        ({"text": "ok", "said": {"a\u200d": "b"}}, "said: character 2, U+200D"),
    ],
)
def test_what_nobody_would_see_is_refused_by_its_place_and_nobody_is_asked(
    wallet: TestWallet, notary: Stranger, params: dict[str, object], said: str
) -> None:
    wallet.user.approves(action_contains="put a seal")
    assert said in refused(wallet, notary, **params)
    assert [asked for asked in wallet.user.asked() if "seal" in asked["lead"]] == []


@pytest.mark.attack(88)
def test_what_its_provider_settles_is_seen_as_it_is_too(wallet: TestWallet, notary: Stranger) -> None:
    wallet.user.approves(action_contains="put a seal")
    with pytest.raises(ProtocolError) as caught:
        sealed(wallet, notary, text="Done at Graz")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert "place: character 5, U+200B ZERO WIDTH SPACE" in caught.value.message
    assert [asked for asked in wallet.user.asked() if "seal" in asked["lead"]] == []


@pytest.mark.parametrize("text", [5, None, ["ok"], "x" * 65_537])
def test_what_is_no_text_or_longer_than_it_may_be_is_refused_and_nobody_is_asked(
    wallet: TestWallet, notary: Stranger, text: object
) -> None:
    wallet.user.approves(action_contains="put a seal")
    refused(wallet, notary, text=text)
    assert [asked for asked in wallet.user.asked() if "seal" in asked["lead"]] == []


def test_what_is_not_consented_to_may_be_as_it_likes(wallet: TestWallet, notary: Stranger) -> None:
    wallet.user.approves(action_contains="put a seal")
    assert sealed(wallet, notary, text="ok", aside="\u200b")["read"]


def test_a_list_of_records_is_shown_line_by_line(wallet: TestWallet, notary: Stranger) -> None:
    wallet.user.approves(action_contains="put a seal")
    papers = [{"name": "lease.pdf", "pages": 3}, {"name": "plan.pdf", "pages": 1, "hidden": "x"}]
    sealed(wallet, notary, text="ok", papers=papers, notes=["one", "two"], said={"who": "all"})
    (question,) = [asked for asked in wallet.user.asked() if "seal" in asked["lead"]]
    assert question["lines"][1:] == [
        ["Papers", "Name: lease.pdf · Pages: 3\nName: plan.pdf · Pages: 1"],
        ["Notes", "one\ntwo"],
        ["Said", "who: all"],
    ]


@pytest.mark.attack(88)
def test_a_text_that_runs_both_ways_is_flagged(wallet: TestWallet, notary: Stranger) -> None:
    wallet.user.approves(action_contains="put a seal")
    for text in ("I pay 100 \u05d0\u05d1 200", "\u05e9\u05dc\u05d5\u05dd"):
        sealed(wallet, notary, text=text)
    asked = [one for one in wallet.user.asked() if "seal" in one["lead"]]
    assert ["both directions" in str(one.get("notes")) for one in asked] == [True, False]


@pytest.mark.attack(88)
def test_letters_that_look_like_others_are_flagged(wallet: TestWallet, notary: Stranger) -> None:
    wallet.user.approves(action_contains="put a seal")
    text = "The p\u0430yer is \u0440\u0430\u0443 Ltd."
    sealed(wallet, notary, text=text)
    (question,) = [asked for asked in wallet.user.asked() if "seal" in asked["lead"]]
    assert question["look_alikes"] == [text]
