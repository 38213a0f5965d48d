"""What a program sees of another one's items: nothing, unless the user says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.doors.secret_service.programs import (
    ACCESS_DENIED,
    KEPT_FOR_SESSION,
    LOGIN,
    NO_SESSION,
    NO_SUCH_OBJECT,
    DBusError,
    Program,
)
from tests.doors.secret_service.router_peer import RouterPeer

from etui.protocol import ErrorCode
from etui.standards.secretservice.names import COLLECTION, INTROSPECTABLE, ITEM, PROMPT, SERVICE, SERVICE_PATH, SESSION

pytestmark = pytest.mark.usefixtures("door")


@pytest.mark.attack(6)
def test_an_enumeration_shows_a_stranger_nothing_and_asks_nobody(environ: dict[str, str], router: RouterPeer) -> None:
    group = router.add("alice", "Hers", {}, b"", kind="group")
    router.add("alice", "L", {"a": "1"}, b"pw")
    router.add("alice", "M", {"a": "1"}, b"pw", group=group)
    with Program(environ, "mallory") as stranger:
        assert stranger.get(LOGIN, COLLECTION, "Items") == []
        assert stranger.search({}) == ([], [])
        assert stranger.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION]
        for path in (SERVICE_PATH, SERVICE_PATH + "/collection", LOGIN):
            assert "r1" not in stranger.call(path, INTROSPECTABLE, "Introspect")[0]
    assert router.dialogs.empty()


def test_a_path_means_nothing_to_another_program(
    environ: dict[str, str],
) -> None:
    with Program(environ) as owner, Program(environ, "mallory") as stranger:
        session = owner.open_session()
        item = owner.create(session, "L", {"a": "1"}, b"pw")
        own_session = stranger.open_session()
        for ask in (
            lambda: stranger.read(own_session, item),
            lambda: stranger.get(item, ITEM, "Label"),
            lambda: stranger.call(item, ITEM, "Delete"),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == NO_SUCH_OBJECT
        assert owner.read(session, item) == b"pw"


def test_a_session_and_a_prompt_are_their_callers_alone(environ: dict[str, str], router: RouterPeer) -> None:
    router.ask_for.add("secret/1.delete")
    with Program(environ) as owner, Program(environ) as other:  # the same Client, another connection
        session = owner.open_session()
        item = owner.create(session, "L", {"a": "1"}, b"pw")
        prompt = owner.call(item, ITEM, "Delete")[0]
        for ask, name in (
            (lambda: other.read(session, item), NO_SESSION),
            (lambda: other.call(session.path, SESSION, "Close"), NO_SESSION),
            (lambda: other.call(prompt, PROMPT, "Prompt", "s", ""), NO_SUCH_OBJECT),
            (lambda: other.call(prompt, PROMPT, "Dismiss"), NO_SUCH_OBJECT),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == name


def test_two_connections_of_one_program_have_the_same_items(
    environ: dict[str, str],
) -> None:
    with Program(environ) as one, Program(environ) as other:
        item = one.create(one.open_session(), "L", {"a": "1"}, b"pw")
        assert other.search({"a": "1"}) == ([item], [])
        assert other.read(other.open_session(), item) == b"pw"


def test_what_a_search_finds_of_others_is_put_to_the_user_inside_the_call(
    environ: dict[str, str], router: RouterPeer
) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    with Program(environ, "bob") as other:
        other.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
        dialog = router.dialogs.get(timeout=60)
        assert (dialog.client, dialog.method) == ("bob", "secret/1.find")
        dialog.approve()
        (item,), _ = other.finish()
        assert other.read(other.open_session(), item) == b"pw"


def test_what_the_user_keeps_back_is_not_in_the_answer(environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    router.add("alice", "M", {"a": "1"}, b"pw")
    with Program(environ, "bob") as other:
        other.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
        router.dialogs.get(timeout=60).approve_first()
        unlocked, locked = other.finish()
        assert (len(unlocked), locked) == (1, [])


@pytest.mark.attack(82)
@pytest.mark.parametrize(("path", "interface"), [(SERVICE_PATH, SERVICE), (LOGIN, COLLECTION)])
def test_who_has_what_it_looks_for_is_shown_that_and_asks_nobody_for_anothers(
    environ: dict[str, str], router: RouterPeer, path: str, interface: str
) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    router.add("bob", "M", {"a": "1", "b": "2"}, b"pw")
    with Program(environ, "bob") as other:
        assert len(other.call(path, interface, "SearchItems", "a{ss}", {"a": "1"})[0]) == 1
    assert router.dialogs.empty()


@pytest.mark.parametrize("code", [ErrorCode.REFUSED, ErrorCode.NOT_NOW])
@pytest.mark.parametrize("elsewhere", ["in a collection of its own", "for the session"])
def test_a_refused_search_of_one_collection_is_denied_whatever_the_caller_has_in_others(
    environ: dict[str, str], router: RouterPeer, code: ErrorCode, elsewhere: str
) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    if elsewhere == "for the session":
        router.add("bob", "M", {"a": "1", "etui:lasts": "session"}, b"pw")
    else:
        router.add("bob", "M", {"a": "1"}, b"pw", group=router.add("bob", "Work", {}, b"", kind="group"))
    with Program(environ, "bob") as other:
        other.begin(LOGIN, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})
        router.dialogs.get(timeout=60).refuse(code)
        with pytest.raises(DBusError) as raised:
            other.finish()
        assert raised.value.name == ACCESS_DENIED


@pytest.mark.parametrize("code", [ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.DENIED])
def test_what_the_user_refuses_is_denied_and_never_not_found(
    environ: dict[str, str], router: RouterPeer, code: ErrorCode
) -> None:
    router.ask_for.add("secret/1.read")
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {"a": "1"}, b"pw")
        for call in (
            (item, ITEM, "GetSecret", "o", session.path),
            (SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [item], session.path),
        ):
            program.begin(*call)
            router.dialogs.get(timeout=60).refuse(code)
            with pytest.raises(DBusError) as raised:
                program.finish()
            assert raised.value.name == ACCESS_DENIED
            assert "etui why d-1" in raised.value.text


def test_a_dialog_closes_when_its_program_leaves_the_bus(environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    with Program(environ, "bob") as other:
        other.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
        dialog = router.dialogs.get(timeout=60)
    assert dialog.cancelled.wait(60)
    assert router.dismissed.get(timeout=60) == "bob"


@pytest.mark.attack(36)
def test_a_program_is_introduced_by_the_process_that_the_bus_and_the_kernel_tell(
    environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        program.search({})
        stat = Path(f"/proc/{program.pid}/stat").read_text(encoding="utf-8")
        start = int(stat.rpartition(")")[2].split()[19])
        introduced = [request for request in router.introduced if request.pid == program.pid]
        assert [(request.start, request.uid) for request in introduced] == [(start, os.getuid())]


def test_a_claimed_identity_is_told_of_its_own_process_alone(environ: dict[str, str]) -> None:
    with Program(environ, "script:/x@session") as one, Program(environ, "script:/x@session") as other:
        other.match("type='signal'")
        other.search({})
        item = one.create(one.open_session(), "L", {}, b"pw")
        assert one.signal("ItemCreated")[3] == (item,)
        assert other.signals() == []


def test_signals_go_to_the_program_that_they_are_for_alone(
    environ: dict[str, str],
) -> None:
    with Program(environ) as owner, Program(environ) as same, Program(environ, "mallory") as stranger:
        for program in (owner, same, stranger):
            program.match("type='signal'")
            program.search({})  # now the door knows it
        session = owner.open_session()
        item = owner.create(session, "L", {}, b"pw")
        created = (LOGIN, COLLECTION, "ItemCreated", (item,))
        assert owner.signal("ItemCreated") == created
        assert same.signal("ItemCreated") == created
        path, iv, wrapped, kind = session.wire(b"new")
        owner.call(item, ITEM, "SetSecret", "(oayays)", (path, iv, wrapped, kind))
        assert same.signal("ItemChanged") == (LOGIN, COLLECTION, "ItemChanged", (item,))
        owner.call(item, "org.freedesktop.DBus.Properties", "Set", "ssv", ITEM, "Label", ("s", "New"))
        changed = same.signal("PropertiesChanged")
        assert changed[0] == item
        assert changed[3] == (ITEM, {"Label": ("s", "New")}, [])
        owner.call(item, ITEM, "Delete")
        assert same.signal("ItemDeleted") == (LOGIN, COLLECTION, "ItemDeleted", (item,))
        assert stranger.signals() == []
