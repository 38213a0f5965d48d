"""docs/protocol.md against the code: what it lists is what there is, and its examples are what they say."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tests.docs.page import ROOT, Example, Page

from etui.interfaces import Document, Effect, Field, FieldType, Item, read_document, supplied
from etui.protocol import (
    LIMITS,
    PROTOCOL_VERSION,
    CallInfo,
    Consent,
    ErrorCode,
    Message,
    Reassembler,
    decode_message,
    find_place,
)
from etui.protocol import limits as protocol_limits
from etui.protocol import place as protocol_place
from etui.sdk.client import Event
from etui.sealing import Channel
from etui.testkit.user import OVERSEE
from etui.trusted.router import admission, answers, budget, connection, pages, pauses, providers, share, turns
from etui.trusted.router.own import beginning
from etui.trusted.router.pairings import comparison_code
from etui.trusted.router.references import is_well_formed

PAGE: Final = Page(ROOT / "docs/protocol.md")
EXAMPLES: Final = [example for block in PAGE.examples() for example in block]
STAMPS: Final = read_document((ROOT / "examples/ten-lines/stamps/org.example.stamps-1.json").read_bytes())
DOCUMENTS: Final = {**{name: interface.document for name, interface in supplied().items()}, STAMPS.interface: STAMPS}
JSON_RPC: Final = {"jsonrpc", "id", "method", "params", "result", "error"}


def numbers(title: str, table: int) -> dict[str, int]:
    """The names of a table and their numbers."""
    rows = PAGE.tables(title)[table][1:]
    return {row[0].strip("`"): int(re.match(r"\d+", row[1])[0]) for row in rows}  # type: ignore[index]


# lists


def test_its_version_is_the_protocols() -> None:
    assert PAGE.text.startswith(f"# The Router's protocol, version {PROTOCOL_VERSION}\n")
    assert "CC-BY-4.0" in PAGE.text.split("##")[0]


def test_every_error_stands_in_it_with_its_number_and_no_other() -> None:
    listed = {row[1].strip("`"): int(row[0]) for row in PAGE.tables("Errors")[0][1:]}
    assert listed == {code.slug: code.value for code in ErrorCode}


def test_every_error_says_what_to_do() -> None:
    assert all(len(row) == 4 and row[2] and row[3] for row in PAGE.tables("Errors")[0][1:])


def test_every_limit_of_the_protocol_stands_in_it_with_its_value_and_no_other() -> None:
    assert numbers("Limits and fairness", 0) == {
        **msgspec.structs.asdict(LIMITS),
        "max_integer": protocol_limits.MAX_INTEGER,
        "max_id_characters": protocol_limits.MAX_ID_CHARACTERS,
        "max_method_characters": protocol_limits.MAX_METHOD_CHARACTERS,
        "max_socket_path_bytes": protocol_place.MAX_SOCKET_PATH_BYTES,
    }


def test_every_limit_of_this_router_stands_in_it_with_its_value() -> None:
    assert numbers("Limits and fairness", 1) == {
        "malformed": connection._MAX_MALFORMED,
        "frames_a_turn": share.FRAMES_A_TURN,
        "process_outstanding": share.PROCESS_OUTSTANDING,
        "unsent_bytes": connection._MAX_UNSENT_BYTES,
        "connections": admission._MAX_CONNECTIONS,
        "look_s": admission._LOOK_S,
        "start_s": providers._START_S,
        "idle_s": providers._IDLE_S,
        "peers": beginning._MAX_PEERS,
        "questions_waiting": turns._MAX_QUEUED,
        "items_asked": answers._MAX_ASKED,
        "question_burst": budget._BURST,
        "question_period_s": budget._PERIOD_S,
        "after_no_s": pauses.TYPED_S,
        "after_noes_s": pauses.LONGEST_S,
        "silence_s": budget._SILENCE_S,
        "silent_at_once": budget._SILENT_AT_ONCE,
        "typed_waiting": turns._MAX_TYPED,
        "pages_waiting": turns._MAX_PAGES,
        "page_outstanding": pages.OUTSTANDING,
        "page_rate_per_s": pages._RATE.rate_per_s,
        "page_burst": pages._RATE.burst,
        "page_question_burst": budget._PAGE_BURST,
        "page_question_period_s": budget._PAGE_PERIOD_S,
    }


def test_the_members_beside_json_rpcs_are_those_that_a_message_may_have() -> None:
    members = {field.encode_name for field in msgspec.structs.fields(Message)}
    assert set(PAGE.names("Members beside JSON-RPC's")) == members - JSON_RPC


def test_the_members_of_a_call_and_of_an_item_are_those_that_the_code_has() -> None:
    assert PAGE.names("Writing an Extension", 1) == [field.name for field in msgspec.structs.fields(CallInfo)]
    assert PAGE.names("Items and references") == [field.name for field in msgspec.structs.fields(Item)]


def test_types_of_fields_effects_and_topics_are_all_there() -> None:
    assert set(PAGE.names("Methods", 0)) == {kind.value for kind in FieldType}
    assert set(PAGE.names("Trying again")) == {effect.value for effect in Effect}
    assert set(PAGE.names("Events")) == set(DOCUMENTS["wallet/1"].events)


def test_the_methods_that_it_names_are_there_with_the_fields_that_it_names() -> None:
    wallet = DOCUMENTS["wallet/1"].methods
    assert set(PAGE.names("Methods", 1)) <= set(wallet)
    assert PAGE.names("Hello and versions", 0) == list(wallet["hello"].params)
    declared = set(wallet["hello"].result)
    assert set(PAGE.names("Hello and versions", 1)) - {f"{name}:…" for name in ("script", "unit")} == declared
    assert PAGE.names("Writing an Extension", 2) == [field.name for field in msgspec.structs.fields(Consent)]
    assert set(PAGE.names("Writing an Extension", 3)) == set(DOCUMENTS["extension/1"].methods)
    introduced = [name for name in PAGE.names("Writing a door") if "/" not in name]
    assert introduced == list(wallet["introduce"].params)
    assert set(PAGE.names("Writing a door", 1)) <= set(wallet)
    of_pages = re.search(r"it may call ((?:`\w+`[, and]*)+)", PAGE.section("Writing a door").replace("\n", " "))
    assert of_pages is not None
    assert {f"wallet/1.{name}" for name in re.findall(r"`(\w+)`", of_pages[1])} == pages.ITS_METHODS


def test_the_six_digits_of_the_example_are_those_of_its_key() -> None:
    (pair,) = [m for e in EXAMPLES if (m := decode_message(e.line)).method == "wallet/1.pair"]
    assert f"`{comparison_code(member(pair.params, 'key'))}`" in PAGE.section("Writing a door")


def test_what_it_names_of_an_interface_with_its_name_is_there() -> None:
    named = re.findall(r"`([a-z]+/\d+)\.([a-z_]+)`", PAGE.text)
    assert {"wallet/1", "shell/1"} <= {interface for interface, _ in named}
    for interface, name in named:
        assert name in {*DOCUMENTS[interface].methods, *DOCUMENTS[interface].events}, f"{interface}.{name}"


def test_what_one_yes_lets_a_shell_see_is_what_its_interface_asks_so() -> None:
    methods = DOCUMENTS["shell/1"].methods
    (listed,) = re.findall(r" is `shell/1`: ([^.]+)\. The user is asked once", PAGE.text)
    assert set(re.findall(r"`(\w+)`", listed)) == {name for name, method in methods.items() if method.ask == OVERSEE}


@pytest.mark.parametrize("row", PAGE.tables("Where the socket is")[0][1:], ids=lambda row: row[1])
def test_the_socket_is_where_it_says(row: list[str]) -> None:
    home = {"HOME": "/home/ada"}
    runtime = {"XDG_RUNTIME_DIR": "/run/user/1000"}
    given = dict(pair.split("=") for code in re.findall(r"`([^`]+)`", row[0]) for pair in code.split())
    environ = given if row[0].startswith("`") else {**home, **runtime, **given}
    assert str(find_place(environ, 1000).socket) == row[1].strip("`")


def test_its_links_lead_somewhere() -> None:
    for link in PAGE.links():
        if link.startswith("#"):
            assert link[1:] in PAGE.anchors(), link
        elif "://" not in link:
            assert (PAGE.path.parent / link).exists(), link
    named = re.findall(r"\[([A-Za-z][^\]\n]+)\](?![(:])", PAGE.text)
    assert set(named) <= set(re.findall(r"^\[([^\]]+)\]: ", PAGE.text, re.MULTILINE))


# examples


def test_there_are_examples_of_every_kind_of_message() -> None:
    assert {example.claim for example in EXAMPLES} == {"request", "result", "error", "notification"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.line[:60].decode())
def test_an_example_is_the_kind_of_message_that_it_claims_to_be(example: Example) -> None:
    assert decode_message(example.line).kind.name.lower() == example.claim


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.claim == "request"], ids=lambda e: e.line[:60].decode())
def test_an_example_of_a_request_fits_its_interface(example: Example) -> None:
    message = decode_message(example.line)
    interface, _, name = message.method.rpartition(".")
    document = DOCUMENTS[interface]
    params = msgspec.json.decode(message.params)
    check_fields(document, document.methods[name].params, params)
    call = msgspec.json.decode(message.call) if message.call else {}
    assert set(call) <= {field.name for field in msgspec.structs.fields(CallInfo)}
    assert bool(message.call) is not example.to_router
    msgspec.convert(call, CallInfo)
    references = {n for n, field in document.methods[name].params.items() if field.type is FieldType.REFERENCE}
    assert set(call.get("items", {})) == (references & set(params) if message.call else set())


def test_an_example_of_a_result_fits_the_request_before_it() -> None:
    for block in PAGE.examples():
        asked: dict[tuple[object, bool], str] = {}
        for example in block:
            message = decode_message(example.line)
            if example.claim == "request":
                asked[message.id, example.to_router] = message.method
            elif example.claim == "result":
                interface, _, name = asked.pop((message.id, not example.to_router)).rpartition(".")
                document = DOCUMENTS[interface]
                assert isinstance(message.result, msgspec.Raw)
                result = msgspec.json.decode(message.result)
                if "call" in block[0].line.decode() and set(result) == {"notes"}:
                    assert document.methods[name].prepare
                    continue
                check_fields(document, document.methods[name].result, result, by_router=not example.to_router)


def test_an_example_of_an_error_has_a_code_and_its_number() -> None:
    for example in EXAMPLES:
        error = decode_message(example.line).error
        if example.claim == "error":
            assert not isinstance(error, msgspec.UnsetType)
            assert error.data is not None
            assert ErrorCode(error.code).slug == error.data.code


def test_an_example_of_an_event_has_a_topic_that_there_is() -> None:
    events = [m for e in EXAMPLES if (m := decode_message(e.line)).method == "event"]
    assert events
    for message in events:
        interface, _, name = msgspec.json.decode(message.params, type=Event).topic.rpartition(".")
        assert name in DOCUMENTS[interface or "wallet/1"].events


def test_the_chunks_of_the_example_are_the_request_that_it_names() -> None:
    chunks = [m for e in EXAMPLES if (m := decode_message(e.line)).method == "chunk"]
    reassembler = Reassembler()
    whole = [reassembler.feed(chunk) for chunk in chunks]
    assert whole[:-1] == [None] * (len(chunks) - 1)
    assert f"`{(whole[-1] or b'').decode()}`" in PAGE.section("Messages larger than a line")


def check_fields(
    document: Document, fields: dict[str, Field], values: dict[str, Any], *, by_router: bool = False
) -> None:
    """That these are values of these fields, all that must be there and no others."""
    assert set(values) <= set(fields)
    assert {name for name, field in fields.items() if not field.optional} <= set(values)
    for name, value in values.items():
        check_value(document, fields[name], value, by_router=by_router)


def check_value(document: Document, field: Field, value: Any, *, by_router: bool) -> None:  # noqa: ANN401  # JSON
    """That this is a value of this field's type."""
    match field.type:
        case FieldType.CHOICE:
            assert value in field.options
        case FieldType.ITEM:
            item = msgspec.convert(value, Item)
            assert msgspec.to_builtins(item) == value
            assert is_well_formed(item.item) is by_router
        case FieldType.LIST | FieldType.MAP:
            assert field.of is not None
            for one in value if field.type is FieldType.LIST else value.values():
                check_value(document, field.of, one, by_router=by_router)
        case FieldType.NAMED:
            assert field.name is not None
            check_fields(document, document.types[field.name].fields, value, by_router=by_router)
        case plain:
            assert FITS[plain](value), (plain, value)


FITS: Final[dict[FieldType, Callable[[Any], bool]]] = {
    FieldType.TEXT: lambda value: isinstance(value, str),
    FieldType.INTEGER: lambda value: type(value) is int,
    FieldType.TIME: lambda value: type(value) is int,
    FieldType.BOOLEAN: lambda value: isinstance(value, bool),
    FieldType.BYTES: lambda value: len(base64.b64decode(value, validate=True)) > 0,
    FieldType.SEALED: lambda value: len(base64.b64decode(value, validate=True)) >= 61,
    FieldType.REFERENCE: is_well_formed,
}


# the vector


def vector() -> dict[str, bytes]:
    """The values of the test vector by their names."""
    found = re.search(r"^```vector\n(.*?)^```$", PAGE.text, re.MULTILINE | re.DOTALL)
    assert found is not None
    values: dict[str, bytes] = {}
    name = ""
    for line in found[1].splitlines():
        first, _, rest = line.rpartition(" ")
        name = first.strip() or name
        values[name] = values.get(name, b"") + bytes.fromhex(rest)
    return values


def test_every_line_of_the_vector_is_what_its_rules_give() -> None:
    v = vector()
    private = X25519PrivateKey.from_private_bytes(v["s"])
    assert private.public_key().public_bytes_raw() == v["S"]
    assert X25519PrivateKey.from_private_bytes(v["r"]).public_key().public_bytes_raw() == v["R"]
    assert private.exchange(X25519PublicKey.from_public_bytes(v["R"])) == v["Z"]
    assert b"".join(sorted([v["S"], v["R"]])) == v["salt"]
    assert b"etui/sealed-value/1 " + v["S"] == v["info"]
    assert HKDF(SHA256(), 32, salt=v["salt"], info=v["info"]).derive(v["Z"]) == v["K"]
    assert AESGCM(v["K"]).encrypt(v["nonce"], v["plaintext"], v["field"]) == v["ciphertext"] + v["tag"]
    assert b"\x01" + v["S"] + v["nonce"] + v["ciphertext"] + v["tag"] == v["sealed"]
    assert len(v["sealed"]) == len(v["plaintext"]) + 61


def test_the_vector_opens_and_so_do_the_values_of_the_whole_session() -> None:
    v = vector()
    client, provider = (X25519PrivateKey.from_private_bytes(v[name]) for name in ("s", "r"))
    at_provider = Channel(provider, v["R"], v["S"])
    assert at_provider.open(v["sealed"], v["field"].decode()) == v["plaintext"]
    session = [decode_message(example.line) for block in PAGE.examples()[:3] for example in block]
    hello, _, _, ends, create, *_, read = session
    assert member(hello.params, "key") == v["S"]
    assert member(ends.result, "key") == v["R"]
    assert member(create.params, "value") == v["sealed"]
    value = member(read.result, "value")
    assert value[:33] == b"\x01" + v["R"]
    assert Channel(client, v["S"], v["R"]).open(value, "secret/1.read.value") == v["plaintext"]


def member(text: object, name: str) -> bytes:
    """The bytes in a member of an encoded object."""
    assert isinstance(text, msgspec.Raw)
    return base64.b64decode(msgspec.json.decode(text)[name], validate=True)
