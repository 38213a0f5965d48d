"""An Extension that was written from docs/protocol.md alone, on a real wallet: what it is given and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.docs.bare import Bare
from tests.examples.packages import etui, package

from etui.testkit import TestWallet

FOLDER: Final = Path(__file__).parent / "bare_extension"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Extension's package."""
    key = tmp_path_factory.mktemp("publisher") / "key.pem"
    etui("extension", "keygen", key, "--no-passphrase")
    return package(FOLDER, key)


@pytest.fixture
def bare(wallet: TestWallet, published: Path) -> Iterator[Bare]:
    """A connection to a wallet that has the Extension."""
    wallet.user.approves(times=1)
    ran = wallet.etui("extension", "install", str(published))
    assert ran.returncode == 0, ran.stderr
    with Bare(wallet.socket) as connection:
        connection.answer(0, "wallet/1.hello", {"versions": [1]})
        yield connection


def told(bare: Bare, method: str = "tell", **params: str) -> dict[str, Any]:
    """What the Extension knows at a call."""
    known: dict[str, Any] = json.loads(bare.answer("told", f"org.example.bare/1.{method}", params)["seen"])
    return known


@pytest.mark.shares_wallet
def test_it_starts_with_five_descriptors_and_a_key_and_is_told_its_quota(bare: Bare) -> None:
    known = told(bare)
    assert known["descriptors"] == [0, 1, 2, 3, 4]
    assert known["key_bytes"] == 32
    assert known["folder"] == "/"
    assert known["registered"]["result"] == {"quota_bytes": 64 << 20}  # its manifest says nothing of it


def test_its_key_is_the_same_at_the_next_start(wallet: TestWallet, bare: Bare) -> None:
    before = told(bare)["key"]
    wallet.lock()
    wallet.unlock()
    with Bare(wallet.socket) as again:
        assert told(again)["key"] == before


@pytest.mark.shares_wallet
def test_a_call_names_its_client_by_a_pseudonym_and_itself_by_an_id_of_its_own(bare: Bare) -> None:
    first, second, third = (told(bare)["message"]["call"] for _ in range(3))
    assert set(first) == {"id", "client", "name", "decision"}  # this Client gave no key, and named no item
    assert set(third) == {"id", "client", "name"}  # what was decided about the second was followed once more
    assert first["client"] == second["client"]
    assert first["id"] != second["id"]
    assert first["client"] not in bare.answer(1, "wallet/1.hello", {"versions": [1]})["client"]


@pytest.mark.shares_wallet
def test_items_go_out_as_references_and_come_back_as_its_own_ids(wallet: TestWallet, bare: Bare) -> None:
    item = bare.answer(1, "org.example.bare/1.add")["item"]
    assert item.pop("item").startswith("r1.")
    assert item == {"kind": "thing", "label": "A thing"}
    reference = bare.answer(2, "org.example.bare/1.add")["item"]["item"]
    wallet.user.approves()
    message = told(bare, "use", item=reference)["message"]
    assert message["call"]["items"] == {"item": "thing-1"}
    assert message["params"] == {"item": reference}


@pytest.mark.shares_wallet
def test_it_is_told_of_the_record_that_allowed_a_call(wallet: TestWallet, bare: Bare) -> None:
    reference = bare.answer(1, "org.example.bare/1.add")["item"]["item"]
    wallet.user.approves()
    ids = [told(bare, "use", item=reference)["message"]["call"]["decision"] for _ in range(2)]
    assert len(set(ids)) == 2
    for name in ids:
        assert "A thing" in wallet.etui("why", name).stdout


@pytest.mark.shares_wallet
def test_prepare_comes_before_the_question_without_an_id_and_its_notes_stand_in_it(
    wallet: TestWallet, bare: Bare
) -> None:
    reference = bare.answer(1, "org.example.bare/1.add")["item"]["item"]
    wallet.user.approves()
    [prepared] = told(bare, "use", item=reference)["heard"]
    assert set(prepared["call"]) == {"client", "name", "items", "prepare"}
    [question] = [asked for asked in wallet.user.asked() if asked["lead"] == "wants to use “A thing”"]
    assert "It will be used up." in json.dumps(question)


@pytest.mark.shares_wallet
def test_it_is_told_of_a_call_that_nobody_waits_for_any_more(bare: Bare) -> None:
    bare.ask(1, "org.example.bare/1.wait")
    known = told(bare)
    assert known["heard"] == []
    bare.notify("cancel", {"id": 1})
    heard = bare.hear()
    assert heard is not None
    assert heard["error"]["data"]["code"] == "cancelled"
    [cancelled] = told(bare)["heard"]
    assert cancelled["method"] == "cancel"
    assert cancelled["params"]["id"] == known["message"]["id"] - 1


@pytest.mark.shares_wallet
@pytest.mark.parametrize("ends", ["cancelled", "timed_out"])
def test_it_is_told_of_what_it_was_asked_beforehand_and_nobody_waits_for(bare: Bare, ends: str) -> None:
    told(bare)
    bare.ask(1, "org.example.bare/1.weigh")
    if ends == "cancelled":
        while not told(bare)["heard"]:
            continue
        bare.notify("cancel", {"id": 1})
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (1, ends)
    prepared, cancelled = told(bare)["heard"]
    assert prepared["call"]["prepare"]
    assert (cancelled["method"], cancelled["params"]) == ("cancel", {"id": prepared["id"]})


@pytest.mark.shares_wallet
def test_it_speaks_with_the_user_under_the_call_that_it_serves(wallet: TestWallet, bare: Bare) -> None:
    wallet.user.approves(face="message")
    assert bare.answer(1, "org.example.bare/1.talk") == {}
    assert "From bare hands." in json.dumps(wallet.user.shown()[-2:])
