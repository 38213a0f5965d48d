"""The course of one request: keys are asked for once, and once more where one turned out stale."""

from __future__ import annotations

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet
from etui.protocol import Envelope, ErrorCode, ErrorObject, ProtocolError, RemoteError, decode_message, encode_error
from etui.sdk.ends import End
from etui.sdk.exchange import Ask, Course, Exchange, answer_in, follow, unread

PLAIN = Envelope()
VALUE = secret.Create(kind="login", label="mail", value=b"hunter2")


class Provider:
    """What is at the other end: it has a session, and may be started anew."""

    def __init__(self) -> None:
        self.client = End()
        self.exchange = Exchange(self.client)
        self.end = End()
        self.asks: list[Ask] = []
        self.fails: list[ErrorCode] = []

    def send(self, ask: Ask) -> bytes:
        self.asks.append(ask)
        if ask.method == wallet.Ends.METHOD:
            return self.client.encode(wallet.EndsResult(key=self.end.public, provider="ext:test/test", only=True), None)
        if self.fails:
            raise RemoteError(self.fails.pop(0), "no")
        if ask.method == secret.Create.METHOD:
            try:
                request = self.end.decode(secret.Create, ask.params)
            except ProtocolError as error:
                raise RemoteError(error.code, error.message) from None
            assert request.value in {b"hunter2", None}
            return b'{"item":{"item":"r","kind":"login"}}'
        return self.end.encode(secret.ReadResult(value=b"opened"), self.client.public)

    def follow(self, course: Course[object]) -> object:
        return follow(course, self.send)

    def methods(self) -> list[str]:
        methods = [ask.method.split(".")[1] for ask in self.asks]
        self.asks.clear()
        return methods


def test_a_request_without_a_sealed_field_is_sent_at_once_and_its_result_is_opened() -> None:
    provider = Provider()
    result = follow(provider.exchange.call(secret.Read(item="r"), Envelope(quiet=True)), provider.send)
    assert result.value == b"opened"
    assert provider.asks == [Ask("secret/1.read", b'{"item":"r"}', Envelope(quiet=True))]


def test_a_sealed_field_takes_the_providers_key_once() -> None:
    provider = Provider()
    for expected in (["ends", "create"], ["create"]):
        assert follow(provider.exchange.call(VALUE, PLAIN), provider.send).item.item == "r"
        assert provider.methods() == expected


def test_a_sealed_field_that_is_not_given_takes_no_key() -> None:
    provider = Provider()
    provider.follow(provider.exchange.call(secret.Create(kind="note", label="x"), PLAIN))
    assert provider.methods() == ["create"]


def test_each_provider_of_an_interface_has_a_key_of_its_own() -> None:
    provider = Provider()
    for name in ("", "ext:a/a", "ext:a/a", "ext:b/b"):
        provider.follow(provider.exchange.call(VALUE, Envelope(provider=name)))
    assert [ask.envelope.provider for ask in provider.asks if ask.method == wallet.Ends.METHOD] == [
        "",
        "ext:a/a",
        "ext:b/b",
    ]


def test_the_key_of_a_provider_that_was_started_anew_is_asked_for_again_and_the_request_sent_once_more() -> None:
    provider = Provider()
    provider.follow(provider.exchange.call(VALUE, PLAIN))
    provider.methods()
    provider.end = End()
    provider.follow(provider.exchange.call(VALUE, PLAIN))
    assert provider.methods() == ["create", "ends", "create"]
    provider.follow(provider.exchange.call(VALUE, PLAIN))
    assert provider.methods() == ["create"]


def test_a_second_stale_key_is_final() -> None:
    provider = Provider()
    provider.fails = [ErrorCode.STALE_KEY] * 3
    with pytest.raises(RemoteError) as caught:
        provider.follow(provider.exchange.call(VALUE, PLAIN))
    assert caught.value.code is ErrorCode.STALE_KEY
    assert provider.methods() == ["ends", "create", "ends", "create"]


def test_one_stale_key_does_not_forget_the_others() -> None:
    provider = Provider()
    for name in ("ext:a/a", "ext:b/b"):
        provider.follow(provider.exchange.call(VALUE, Envelope(provider=name)))
    provider.methods()
    provider.fails = [ErrorCode.STALE_KEY]
    provider.follow(provider.exchange.call(VALUE, Envelope(provider="ext:a/a")))
    assert provider.methods() == ["create", "ends", "create"]
    provider.follow(provider.exchange.call(VALUE, Envelope(provider="ext:b/b")))
    assert provider.methods() == ["create"]


def test_a_request_that_sealed_nothing_is_not_sent_again_for_a_stale_key() -> None:
    provider = Provider()
    provider.follow(provider.exchange.call(VALUE, PLAIN))
    provider.methods()
    provider.fails = [ErrorCode.STALE_KEY]
    with pytest.raises(RemoteError):
        provider.follow(provider.exchange.call(secret.Read(item="r"), PLAIN))
    assert provider.methods() == ["read"]


@pytest.mark.parametrize("code", [code for code in ErrorCode if code is not ErrorCode.STALE_KEY])
def test_any_other_error_is_passed_on_and_nothing_sent_again(code: ErrorCode) -> None:
    provider = Provider()
    provider.fails = [code]
    with pytest.raises(RemoteError) as caught:
        provider.follow(provider.exchange.call(VALUE, PLAIN))
    assert caught.value.code is code
    assert provider.methods() == ["ends", "create"]


def test_keys_that_were_forgotten_are_asked_for_again() -> None:
    provider = Provider()
    assert follow(provider.exchange.key_of("secret/1", ""), provider.send) == provider.end.public
    assert follow(provider.exchange.key_of("secret/1", ""), provider.send) == provider.end.public
    provider.exchange.forget_keys()
    provider.follow(provider.exchange.call(VALUE, PLAIN))
    assert provider.methods() == ["ends", "ends", "create"]


@pytest.mark.parametrize("key", [b"", b"short", bytes(32)], ids=["none", "short", "of low order"])
def test_a_key_that_is_none_is_an_error_and_the_value_goes_nowhere(key: bytes) -> None:
    client = End()
    asks: list[Ask] = []

    def send(ask: Ask) -> bytes:
        asks.append(ask)
        return client.encode(wallet.EndsResult(key=key, provider="x", only=True), None)

    with pytest.raises(ProtocolError) as caught:
        follow(Exchange(client).call(VALUE, PLAIN), send)
    assert caught.value.code is ErrorCode.STALE_KEY
    assert [ask.method for ask in asks] == [wallet.Ends.METHOD]


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"null", b'{"value":"*"}', b'{"value":5}', b'{"content_type":[]}'])
def test_an_answer_that_is_no_result_is_an_error(answer: bytes) -> None:
    if answer == b"{}":
        assert follow(Exchange(End()).call(secret.Read(item="r"), PLAIN), lambda _: answer).value is None
        return
    with pytest.raises(ProtocolError) as caught:
        follow(Exchange(End()).call(secret.Read(item="r"), PLAIN), lambda _: answer)
    assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_a_result_that_was_sealed_to_another_session_is_an_error() -> None:
    answer = End().encode(secret.ReadResult(value=b"x"), End().public)
    with pytest.raises(ProtocolError) as caught:
        follow(Exchange(End()).call(secret.Read(item="r"), PLAIN), lambda _: answer)
    assert caught.value.code is ErrorCode.STALE_KEY


def test_an_answer_is_a_result_or_raises_its_error() -> None:
    assert answer_in(decode_message(b'{"jsonrpc":"2.0","id":1,"result":[1]}')) == b"[1]"
    with pytest.raises(RemoteError, match="gone") as caught:
        answer_in(decode_message(encode_error(1, ErrorObject(-32005, "gone"))[:-1]))
    assert caught.value.code is ErrorCode.UNKNOWN_ITEM
    with pytest.raises(ProtocolError):
        answer_in(decode_message(b'{"jsonrpc":"2.0","id":1,"method":"a"}'))


def test_what_the_router_could_not_read_may_have_been_anybodys() -> None:
    error = unread(decode_message(encode_error(None, ErrorObject(-32700, "not JSON"))[:-1]))
    assert error.code is ErrorCode.UNAVAILABLE
    assert error.message == "the Router could not read a request: not JSON"
