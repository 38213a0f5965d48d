"""Items: stored, found, read, changed and deleted, by the program that they belong to."""

from __future__ import annotations

import pytest
from tests.doors.secret_service.programs import LOGIN, NO_SESSION, NO_SUCH_OBJECT, DBusError, Program
from tests.doors.secret_service.router_peer import RouterPeer

from etui.standards.secretservice.names import COLLECTION, ITEM, PROPERTIES, SERVICE, SERVICE_PATH, SESSION

pytestmark = pytest.mark.usefixtures("door")


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
@pytest.mark.parametrize("value", [b"", b"pw", b"0123456789abcdef", bytes(range(256)) * 4096], ids=len)
def test_a_value_comes_back_as_it_was_stored(environ: dict[str, str], *, encrypted: bool, value: bytes) -> None:
    with Program(environ) as program:
        session = program.open_session() if encrypted else program.open_plain()
        item = program.create(session, "L", {"a": "b"}, value)
        assert item.startswith(LOGIN + "/")
        assert program.read(session, item) == value
        secrets = program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [item], session.path)[0]
        assert {path: session.plain(secret) for path, secret in secrets.items()} == {item: value}


def test_a_secret_is_never_in_the_clear_before_the_provider(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"pw")
        entry = next(iter(router.entries.values()))
        assert entry.value == b"pw"
        assert program.read(session, item) == b"pw"


def test_items_are_found_by_attributes_that_they_all_have(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        one = program.create(session, "1", {"a": "1", "b": "2"}, b"")
        two = program.create(session, "2", {"a": "1"}, b"")
        assert set(program.search({"a": "1"})[0]) == {one, two}
        assert program.search({"a": "1", "b": "2"}) == ([one], [])
        assert program.search({"a": "2"}) == ([], [])
        assert set(program.search({})[0]) == {one, two}
        assert set(program.call(LOGIN, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})[0]) == {one, two}
        assert set(program.get(LOGIN, COLLECTION, "Items")) == {one, two}


def test_replace_overwrites_the_one_with_the_same_attributes(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        first = program.create(session, "1", {"a": "1"}, b"old", replace=True)
        assert program.create(session, "1", {"a": "1"}, b"new", replace=True) == first
        assert program.read(session, first) == b"new"
        assert program.create(session, "1", {"a": "1"}, b"newer") != first


def test_properties_of_an_item_can_be_read_and_set(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {"a": "1", "xdg:schema": "org.example.S"}, b"pw")
        held = program.call(item, PROPERTIES, "GetAll", "s", ITEM)[0]
        assert held["Label"] == ("s", "L")
        assert held["Attributes"] == ("a{ss}", {"a": "1", "xdg:schema": "org.example.S"})
        assert held["Locked"] == ("b", False)
        assert held["Type"] == ("s", "org.example.S")
        assert held["Created"][0] == held["Modified"][0] == "t"
        program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Label", ("s", "Ö"))
        program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Attributes", ("a{ss}", {"c": "3"}))
        assert program.get(item, ITEM, "Label") == "Ö"
        assert program.get(item, ITEM, "Attributes") == {"c": "3"}
        with pytest.raises(DBusError, match="PropertyReadOnly"):
            program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Locked", ("b", True))
        with pytest.raises(DBusError, match="InvalidArgs"):
            program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Label", ("u", 1))
        with pytest.raises(DBusError, match="UnknownProperty"):
            program.get(item, ITEM, "Size")


def test_set_secret_changes_value_and_content_type(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"old")
        path, iv, wrapped, _ = session.wire(b"new")
        program.call(item, ITEM, "SetSecret", "(oayays)", (path, iv, wrapped, "data/x"))
        secret = program.call(item, ITEM, "GetSecret", "o", session.path)[0]
        assert (session.plain(secret), secret[3]) == (b"new", "data/x")


def test_what_was_deleted_is_no_object_any_more(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"pw")
        assert program.call(item, ITEM, "Delete")[0] == "/"
        for ask in (
            lambda: program.call(item, ITEM, "Delete"),
            lambda: program.read(session, item),
            lambda: program.get(item, ITEM, "Label"),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == NO_SUCH_OBJECT


def test_a_session_that_was_closed_is_none(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"pw")
        program.call(session.path, SESSION, "Close")
        for ask in (
            lambda: program.read(session, item),
            lambda: program.create(session, "L", {}, b"pw"),
            lambda: program.call(session.path, SESSION, "Close"),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == NO_SESSION


def test_what_is_not_wrapped_for_its_session_is_refused(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program:
        session = program.open_session()
        for parameters, value in [(b"", b"plain"), (bytes(16), b"plain"), (bytes(15), bytes(16)), (bytes(16), b"")]:
            secret = (session.path, parameters, value, "text/plain")
            with pytest.raises(DBusError, match="InvalidArgs"):
                program.call(LOGIN, COLLECTION, "CreateItem", "a{sv}(oayays)b", *({}, secret, False))
        assert not router.entries


def test_a_session_of_another_algorithm_or_with_a_bad_key_is_refused(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        dh = "dh-ietf1024-sha256-aes128-cbc-pkcs7"
        for algorithm, given, name in [
            ("rot13", ("s", ""), "NotSupported"),
            (dh, ("s", ""), "InvalidArgs"),
            (dh, ("ay", b""), "InvalidArgs"),
            (dh, ("ay", b"\x01"), "InvalidArgs"),
            (dh, ("ay", b"\xff" * 128), "InvalidArgs"),
            (dh, ("ay", b"\xff" * 300), "InvalidArgs"),
        ]:
            with pytest.raises(DBusError, match=name):
                program.call(SERVICE_PATH, SERVICE, "OpenSession", "sv", algorithm, given)


def test_a_value_sealed_to_a_provider_that_was_started_anew_is_sealed_again(
    environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"pw")
        assert program.read(session, item) == b"pw"
        router.renew_provider()
        assert program.read(session, item) == b"pw"
        router.renew_provider()
        program.create(session, "M", {}, b"pw2")
        assert [entry.value for entry in router.entries.values()] == [b"pw", b"pw2"]


def test_get_secrets_leaves_out_what_is_not_there(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {}, b"pw")
        gone = program.create(session, "L", {}, b"pw")
        program.call(gone, ITEM, "Delete")

        def ask(*items: str) -> set[str]:
            return set(program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", list(items), session.path)[0])

        assert ask() == ask(gone) == ask("/somewhere/else") == set()
        assert ask(item, gone, "/somewhere/else") == {item}


def test_texts_that_the_bus_does_not_take_are_made_fit(environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "a\0b", {"k\0": "v\0"}, b"pw")
    with Program(environ) as program:
        (item,), _ = program.search({})
        assert program.get(item, ITEM, "Label") == "a\ufffdb"
        assert program.get(item, ITEM, "Attributes") == {"k\ufffd": "v\ufffd"}


def test_many_secrets_in_one_call(environ: dict[str, str], router: RouterPeer) -> None:
    for number in range(300):
        router.add("alice", str(number), {"n": str(number)}, str(number).encode())
    with Program(environ) as program:
        session = program.open_session()
        items, _ = program.search({})
        secrets = program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", items, session.path)[0]
        assert sorted(int(session.plain(secret)) for secret in secrets.values()) == list(range(300))
