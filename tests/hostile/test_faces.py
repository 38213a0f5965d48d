"""What a hostile Extension shows its user: in its own frame, within bounds, and nobody else's question waits for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.hostile.intruder import Intruder
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.sdk import Client
from etui.testkit import TestWallet

_FACES = 20
_ONE_MORE_S = 5.0
"""The time after which an Extension may show one face more."""
_LIKE_THE_WALLETS_OWN: tuple[dict[str, str], ...] = (
    {"title": "Unlock your wallet", "text": "Type your passphrase.\n\nYour wallet\n“copper lantern orchard”"},
    {"title": "Etui", "text": "<b>Etui</b> needs your <a href='https://etui.test'>PIN</a>"},
    {"title": "\u0415tui \u202eteluW ruoY\u202c", "text": "\u2066\x1b[2J\x07\u200bConfirm that it is you\u2029"},
    {"title": "Confirm that it is you\n\n\n\nAllow", "text": "\n" * 3000 + "Allow  Refuse  Not now"},
    {"title": "E" * 120, "text": "W" * 4000},
)
_SHOWS = """
for number, face in enumerate({faces!r}):
    tell(ask(f"f{{number}}", "dialog/1." + {method!r}, face, under=call["id"]))
"""


def shown_by(wallet: TestWallet, intruder: Intruder) -> list[dict[str, object]]:
    return [entry for entry in wallet.user.shown() if entry.get("extension") == intruder.principal]


@pytest.mark.attack(27)
@pytest.mark.parametrize("method", ["message", "ask_secret"])
def test_whatever_it_says_stands_in_its_own_frame_as_plain_text(
    wallet: TestWallet, client: Client, intruder: Intruder, method: str
) -> None:
    faces = [{**face, "text": face["text"][:1000]} for face in _LIKE_THE_WALLETS_OWN]
    wallet.user.approves(face="message")
    wallet.user.dismisses(face="ask_secret")
    results = intruder.told(client, _SHOWS.format(faces=faces, method=method))
    assert results == [{} if method == "message" else "not_now"] * len(faces)
    entries = shown_by(wallet, intruder)
    assert len(entries) == len(faces)
    for entry in entries:
        assert entry["face"] == method
        assert "looks" not in entry
        for text in (str(entry.get("heading")), str(entry.get("body", ""))):
            assert text.replace("\n", "").isprintable()
    assert "\n" not in str(entries[3]["heading"])


@pytest.mark.attack(27)
def test_a_text_that_is_longer_than_a_face_holds_is_shown_to_nobody(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    wallet.user.approves(face="message")
    faces: list[dict[str, object]] = [
        {"title": "x" * 121, "text": "y"},
        {"title": "x", "text": "y" * 4001},
        {"title": ["x"], "text": "y"},
        {},
    ]
    assert intruder.told(client, _SHOWS.format(faces=faces, method="message")) == ["invalid_params"] * 4
    assert shown_by(wallet, intruder) == []


@pytest.mark.attack(27)
def test_what_only_the_wallet_shows_is_not_for_it_to_ask_for(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    before = len(wallet.user.shown())
    names = (
        "unlock",
        "create",
        "change_passphrase",
        "change_pin",
        "login_unlock_on",
        "replace_recovery",
        "appearance",
        "install",
        "grant",
        "set",
    )
    asked = [f"wallet/1.{name}" for name in names] + ["dialog/1.confirm", "dialog/1.unlock", "dialog.show"]
    results = intruder.told(
        client,
        f"""
        for number, method in enumerate({asked!r}):
            for members in ({{}}, {{"under": call["id"]}}):
                tell(ask(f"m{{number}}", method, {{}}, **members))
        """,
    )
    assert results == ["denied"] * 2 * len(names) + ["unknown_method"] * 6
    assert len(wallet.user.shown()) == before


@pytest.mark.attack(53)
def test_showing_without_end_ends_by_its_own_budget_and_takes_no_question_from_others(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    stored = client.call(secret.Create(kind="note", label="Mine", attributes={"service": "mail"}, value=b"here"))
    assert stored.item.item
    wallet.user.approves(face="message")
    wallet.user.approves(action_contains="Mine")
    began = time.monotonic()
    results = intruder.told(
        client,
        """
        for number in range(60):
            tell(ask(number, "dialog/1.message", {"title": "Look", "text": "at me"}, under=call["id"]))
        """,
    )
    assert "not_now" in results
    assert 0 <= results.count({}) - _FACES <= (time.monotonic() - began) / _ONE_MORE_S
    assert finder(wallet, "mailer.py", "mail") == ["1", "here"]


@pytest.mark.attack(53)
def test_faces_that_wait_take_no_place_from_the_questions_of_others(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    stored = client.call(secret.Create(kind="note", label="Ours", attributes={"service": "post"}, value=b"here"))
    assert stored.item.item
    wallet.user.waits(face="message")
    wallet.user.approves(action_contains="Ours")
    floods = """
        silent = True
        for number in range(60):
            say(id=number, method="dialog/1.message", params={"title": "Look", "text": "at me"}, under=call["id"])
        answers = [hear(number)["error"]["data"]["code"] for number in range(4, 60)]
        say(id=request["id"], result={"told": json.dumps(sorted(set(answers)))})
    """
    assert intruder.told(client, floods) == ["not_now", "too_many"]
    with ThreadPoolExecutor(1) as asking:
        found = asking.submit(finder, wallet, "postman.py", "post")
        time.sleep(0.2)  # so that it is asked behind the one that is shown; it holds whenever it is
        wallet.user.forgets()
        wallet.user.approves(action_contains="Ours")
        assert found.result() == ["1", "here"]


@pytest.mark.attack(53)
def test_who_is_told_to_be_quiet_is(wallet: TestWallet, client: Client, intruder: Intruder) -> None:
    wallet.user.rule("dismiss", when={"face": "choose"}, silence=True)
    choices: dict[str, object] = {"title": "Which?", "options": [{"id": "a", "label": "Yes"}]}
    faces: list[dict[str, object]] = [choices, choices, choices]
    assert intruder.told(client, _SHOWS.format(faces=faces, method="choose")) == ["not_now"] * 3
    assert len(shown_by(wallet, intruder)) == 1


@pytest.mark.attack(53)
def test_questions_that_it_asks_in_the_name_of_its_client_take_no_place_and_no_budget_from_others(
    wallet: TestWallet, client: Client, intruder: Intruder
) -> None:
    stored = client.call(secret.Create(kind="note", label="Wanted", attributes={"service": "bank"}, value=b"here"))
    assert stored.item.item
    wallet.user.refuses(action_contains="Wanted")
    asks = """
        for number in range(60):
            say(id=number, method="secret/1.find", params={"attributes": {"service": "bank"}, "limit": number + 1},
                under=call["id"])
        tell(sorted({hear(number)["error"]["data"]["code"] for number in range(60)}))
    """
    assert set(intruder.told(client, asks)[0]) <= {"refused", "not_now", "too_many"}
    wallet.user.approves(action_contains="Wanted")
    assert finder(wallet, "banker.py", "bank") == ["1", "here"]
    assert len([entry for entry in wallet.user.asked() if "Wanted" in str(entry)]) < 30
