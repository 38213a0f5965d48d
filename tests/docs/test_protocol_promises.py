"""What docs/protocol.md promises of the Router and its Extensions, asked of real processes over a bare socket."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.docs.bare import Bare

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1
from etui.protocol import LIMITS, ErrorCode, ProtocolError
from etui.sdk.ends import End
from etui.testkit import TestWallet

SECRETS: Final = "ext:etui/org.etui.secrets"
NONSENSE: Final = b"this is no JSON"


@pytest.fixture
def bare(wallet: TestWallet) -> Iterator[Bare]:
    with Bare(wallet.socket) as connection:
        yield connection


def in_chunks(line: bytes, size: int = 1000) -> list[bytes]:
    """The notifications that carry a message in pieces."""
    parts = [line[start : start + size] for start in range(0, len(line), size)]
    return [
        json.dumps(
            {
                "jsonrpc": "2.0",
                "method": "chunk",
                "params": {
                    "stream": 7,
                    "seq": seq,
                    "data": base64.b64encode(part).decode(),
                    "last": seq == len(parts) - 1,
                },
            }
        ).encode()
        for seq, part in enumerate(parts)
    ]


# beginning


def test_of_several_versions_the_one_that_both_speak_is_chosen(bare: Bare) -> None:
    assert bare.answer(1, "wallet/1.hello", {"versions": [1, 2]})["version"] == 1
    assert bare.answer(2, "wallet/1.hello", {"versions": [2, 3]}) == "unsupported_version"
    assert bare.answer(3, "wallet/1.status")["state"] == "unlocked"


def test_the_name_that_a_client_gives_itself_changes_nothing(bare: Bare) -> None:
    plain = bare.answer(1, "wallet/1.hello", {"versions": [1]})
    assert bare.answer(2, "wallet/1.hello", {"versions": [1], "name": "the Shell"}) == plain


def test_a_client_that_gave_no_key_is_given_no_sealed_value(bare: Bare) -> None:
    assert bare.answer(1, "secret/1.generate") == "stale_key"
    key = base64.b64encode(End().public).decode()
    bare.answer(2, "wallet/1.hello", {"versions": [1], "key": key})
    assert "value" in bare.answer(3, "secret/1.generate")


# messages


def test_an_answer_bears_the_requests_id_in_its_own_type(bare: Bare) -> None:
    for message_id in (0, 2**53 - 1, "seven", "7"):
        assert bare.answer(message_id, "wallet/1.status")["state"] == "unlocked"


def test_what_is_no_message_is_answered_with_an_id_of_null(bare: Bare) -> None:
    for line, code in (
        (NONSENSE, -32700),
        (b"[]", -32600),
        (b'{"jsonrpc":"2.0","id":1,"id":1,"method":"wallet/1.status"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","flavour":"mint"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"wallet/1.status"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":[]}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{"x":9007199254740992}}', -32600),
        (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"wallet/1.status"}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":' + b"[" * 40 + b"]" * 40 + b"}", -32600),
    ):
        bare.send(line)
        heard = bare.hear()
        assert heard is not None
        assert (heard["id"], heard["error"]["code"]) == (None, code), line
    assert bare.answer(2, "wallet/1.status")["state"] == "unlocked"


def test_the_sixteenth_line_that_is_no_message_ends_the_connection(bare: Bare) -> None:
    bare.send(*[NONSENSE] * 16)
    while (heard := bare.hear()) is not None:
        assert heard["error"]["data"]["code"] == "parse_error"


def test_an_id_that_waits_for_its_answer_is_not_taken_twice(bare: Bare) -> None:
    bare.ask(1, "wallet/1.ends", {"interface": "secret/1"})  # it starts a process first
    bare.ask(1, "wallet/1.status")
    heard = [bare.hear(), bare.hear()]
    assert [("error" in message) for message in heard if message] == [True, False]
    assert bare.answer(1, "wallet/1.status")["state"] == "unlocked"


def test_unknown_params_notifications_and_empty_lines_are_passed_over(bare: Bare) -> None:
    bare.notify("somebody/1.sneezed", {"loud": True})
    bare.send(b"", b"")
    assert bare.answer(1, "wallet/1.status", {"of": "tomorrow"})["state"] == "unlocked"


def test_a_member_call_of_a_clients_own_means_nothing(bare: Bare) -> None:
    assert bare.answer(1, "wallet/1.status", call={"id": "c1", "client": "somebody"})["state"] == "unlocked"


def test_a_message_in_chunks_is_taken_as_one_line(bare: Bare) -> None:
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "wallet/1.status", "params": {"x": "y" * 5000}}).encode()
    first, *rest = in_chunks(line)
    bare.send(first)
    assert bare.answer(2, "wallet/1.status")["state"] == "unlocked"
    bare.send(*rest)
    heard = bare.hear()
    assert heard is not None
    assert heard["id"] == 1


def test_a_chunk_out_of_order_ends_the_connection(bare: Bare) -> None:
    bare.send(in_chunks(b"x" * 2500)[1])
    heard = bare.hear()
    assert heard is not None
    assert heard["error"]["data"]["code"] == "invalid_request"
    assert bare.hear() is None


def test_a_chunk_that_was_put_together_from_chunks_ends_the_connection(bare: Bare) -> None:
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "wallet/1.status"}).encode()
    [inner] = in_chunks(request)
    bare.send(*in_chunks(inner, size=100), request)
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (None, "invalid_request")
    assert bare.hear() is None


def test_a_line_over_the_limit_ends_the_connection(bare: Bare) -> None:
    bare.send(b" " * LIMITS.frame_bytes + b" ")
    heard = bare.hear()
    assert heard is not None
    assert heard["error"]["data"]["code"] == "too_large"
    assert bare.hear() is None


# which provider, and whether to ask


def test_the_key_is_of_the_provider_that_the_member_to_names(bare: Bare) -> None:
    assert bare.answer(1, "wallet/1.ends", {"interface": "secret/1"}, to=SECRETS)["provider"] == SECRETS
    assert bare.answer(2, "wallet/1.ends", {"interface": "secret/1"}, to="ext:org.example/other") == "no_provider"
    assert bare.answer(3, "secret/1.find", to="ext:org.example/other") == "no_provider"


def test_the_routers_own_methods_pass_the_member_to_over_where_they_are_about_no_provider(bare: Bare) -> None:
    assert bare.answer(1, "wallet/1.status", to="ext:org.example/other")["state"] == "unlocked"


@pytest.mark.attack(24)
@pytest.mark.parametrize("beside", [{}, {"for": "p1"}], ids=["itself", "another"])
@pytest.mark.parametrize("method", ["secret/1.find", "wallet/1.status"])
def test_who_serves_no_calls_is_denied_what_it_would_ask_under_one_and_it_is_recorded(
    wallet: TestWallet, bare: Bare, method: str, beside: dict[str, Any]
) -> None:
    bare.ask(1, method, under="c1", **beside)
    heard = bare.hear()
    assert heard is not None
    assert heard["error"]["data"]["code"] == "denied"
    wallet.user.approves()
    told = bare.answer(2, "wallet/1.why", {"id": heard["error"]["data"]["why"]})["sentences"]
    assert "serves no calls" in " ".join(told)


def test_a_quiet_request_is_denied_where_the_user_would_be_asked_the_routers_own_too(
    wallet: TestWallet, bare: Bare
) -> None:
    wallet.user.approves()
    assert bare.answer(1, "shell/1.inventory", quiet=True) == "denied"
    assert wallet.user.asked() == []
    assert bare.answer(2, "shell/1.inventory") == {"items": []}


# cancellation, lock


@pytest.mark.parametrize("method", ["shell/1.inventory", "secret/1.find"])
def test_a_request_cancelled_in_the_same_breath_is_answered_once(bare: Bare, method: str) -> None:
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}).encode()
    bare.send(request, b'{"jsonrpc":"2.0","method":"cancel","params":{"id":1}}')
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (1, "cancelled")
    bare.notify("cancel", {"id": 1})
    assert bare.answer(1, "wallet/1.status")["state"] == "unlocked"


@pytest.mark.parametrize("more", [{"reason": {"of": "tomorrow"}}, {"at": 1}, {"reason": "x" * 100}])
def test_members_of_a_cancel_that_the_router_does_not_know_are_passed_over(
    wallet: TestWallet, bare: Bare, more: dict[str, object]
) -> None:
    wallet.user.waits()
    bare.ask(1, "shell/1.inventory")
    bare.notify("cancel", {"id": 1, **more})
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (1, "cancelled")


def test_a_question_to_the_user_is_taken_away_with_the_request_that_asked_it(wallet: TestWallet, bare: Bare) -> None:
    wallet.user.waits()
    bare.ask(1, "shell/1.inventory")
    while "confirm" not in {entry.get("face") for entry in wallet.user.shown()}:
        assert bare.answer(2, "wallet/1.status")["state"] == "unlocked"
    bare.notify("cancel", {"id": 1})
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (1, "cancelled")
    wallet.user.approves()
    assert bare.answer(3, "shell/1.inventory") == {"items": []}


def test_who_subscribed_hears_of_the_lock_and_then_the_connection_ends(wallet: TestWallet, bare: Bare) -> None:
    bare.answer(1, "wallet/1.subscribe", {"topics": ["locked"]})
    wallet.lock()
    heard = bare.hear()
    assert heard is not None
    reason = heard["params"]["data"].pop("reason")
    assert heard == {"jsonrpc": "2.0", "method": "event", "params": {"topic": "locked", "data": {}}}
    assert reason.endswith(" asked for it")
    assert bare.hear() is None


def test_after_the_lock_the_same_socket_leads_to_a_locked_wallet(wallet: TestWallet, bare: Bare) -> None:
    key = base64.b64encode(End().public).decode()
    before = bare.answer(1, "wallet/1.hello", {"versions": [1], "key": key})
    wallet.lock()
    with Bare(wallet.socket) as again:
        assert again.answer(1, "wallet/1.hello", {"versions": [1], "key": key}) == {**before, "locked": True}
        assert again.answer(2, "secret/1.find") == "locked"
        assert again.answer(3, "wallet/1.ends", {"interface": "secret/1"}) == "locked"
        assert again.answer(4, "secret/1.read", {"item": "r1." + "A" * 60}) == "locked"
        assert again.answer(5, "secret/1.read", {"item": "no reference"}) == "unknown_reference"
        assert again.answer(6, "wallet/1.unlock") == {}
        assert again.answer(7, "secret/1.find") == {"items": []}


# sizes


def test_a_request_that_does_not_fit_with_what_the_router_adds_harms_no_extension(bare: Bare) -> None:
    bare.answer(1, "secret/1.find")
    empty = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "secret/1.find", "params": {"x": ""}}).encode()
    line = empty.replace(b'""', b'"' + b"y" * (LIMITS.message_bytes - len(empty)) + b'"')
    bare.send(*in_chunks(line, size=512 << 10))
    heard = bare.hear()
    assert heard is not None
    assert (heard["id"], heard["error"]["data"]["code"]) == (2, "too_large")
    states = {row["extension"]: row["state"] for row in bare.answer(3, "wallet/1.extensions")["extensions"]}
    assert states[SECRETS] == "running"


def test_an_answer_that_is_too_long_is_an_error_under_the_requests_id(wallet: TestWallet, bare: Bare) -> None:
    attributes = {f"name {number}": "x" * 4000 for number in range(4)}
    for number in range(280):
        bare.ask(number, "secret/1.create", {"kind": "note", "label": str(number), "attributes": attributes})
        assert "result" in (bare.hear() or {})
    wallet.user.approves()
    assert bare.answer("all", "shell/1.inventory") == "too_large"


# sealed values


def test_a_sealed_value_taken_from_another_clients_request_is_not_taken_for_the_thiefs(wallet: TestWallet) -> None:
    with wallet.connect() as thief:
        key = thief.call(wallet_1.Ends(interface="secret/1")).key
        taken = End().encode(secret.Create(kind="note", label="Stolen", value=b"of somebody else"), key)
        with pytest.raises(ProtocolError) as caught:
            thief.call_raw(secret.Create.METHOD, taken)
        assert caught.value.code is ErrorCode.STALE_KEY
        assert thief.call(secret.Find(), quiet=True).items == []
