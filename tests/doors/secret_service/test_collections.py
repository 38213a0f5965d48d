"""Collections and their aliases, and the prompts for what needs the user."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import (
    DEFAULT,
    IS_LOCKED,
    KEPT_FOR_SESSION,
    LOGIN,
    NO_SUCH_OBJECT,
    DBusError,
    Plain,
    Program,
)
from tests.doors.secret_service.router_peer import RouterPeer
from tests.doors.secret_service.test_locking import lock_wallet

from etui.protocol import ErrorCode
from etui.standards.secretservice.names import (
    COLLECTION,
    COLLECTION_PREFIX,
    ITEM,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SERVICE_PATH,
)

pytestmark = pytest.mark.usefixtures("door")


def make(program: Program, label: str, alias: str = "") -> str:
    properties = {f"{COLLECTION}.Label": ("s", label)}
    path, prompt = program.call(SERVICE_PATH, SERVICE, "CreateCollection", "a{sv}s", properties, alias)
    assert prompt == "/"
    assert isinstance(path, str)
    return path


def test_a_collection_has_its_own_items(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        session = program.open_session()
        path = make(program, "Work")
        assert program.signal("CollectionCreated") == (SERVICE_PATH, SERVICE, "CollectionCreated", (path,))
        item = program.create(session, "L", {"a": "1"}, b"pw", collection=path)
        assert item.startswith(path + "/")
        assert program.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION, path]
        assert program.get(path, COLLECTION, "Label") == "Work"
        assert program.get(path, COLLECTION, "Items") == [item]
        assert program.get(LOGIN, COLLECTION, "Items") == []
        assert program.call(path, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})[0] == [item]
        assert program.call(LOGIN, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})[0] == []
        assert program.search({"a": "1"}) == ([item], [])
        assert program.read(session, item) == b"pw"
        assert set(program.call(path, PROPERTIES, "GetAll", "s", COLLECTION)[0]) == {
            "Label",
            "Locked",
            "Items",
            "Created",
            "Modified",
        }


def test_a_collection_can_be_renamed_locked_and_deleted(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program:
        path = make(program, "Work")
        item = program.create(program.open_session(), "L", {"a": "1"}, b"pw", collection=path)
        program.call(path, PROPERTIES, "Set", "ssv", COLLECTION, "Label", ("s", "Home"))
        assert program.get(path, COLLECTION, "Label") == "Home"
        assert program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [item])[0] == [item]
        assert program.get(path, COLLECTION, "Locked") is True
        assert program.get(LOGIN, COLLECTION, "Locked") is False
        assert program.search({"a": "1"}) == ([], [item])
        with pytest.raises(DBusError, match="IsLocked"):
            program.call(path, COLLECTION, "Delete")
        program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [path])
        assert program.call(path, COLLECTION, "Delete")[0] == "/"
        assert program.signal("CollectionDeleted")[3] == (path,)
        assert not router.entries
        with pytest.raises(DBusError) as raised:
            program.get(path, COLLECTION, "Label")
        assert raised.value.name == NO_SUCH_OBJECT


def uses(program: Program, session: Plain, item: str) -> list[Callable[[], object]]:
    """What a program does with one item."""
    return [
        lambda: program.read(session, item),
        lambda: program.call(item, ITEM, "SetSecret", "(oayays)", session.wire(b"x")),
        lambda: program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Label", ("s", "x")),
        lambda: program.call(item, ITEM, "Delete"),
        lambda: program.get(item, ITEM, "Label"),
        lambda: program.get(item, ITEM, "Locked"),
        lambda: program.call(item, PROPERTIES, "GetAll", "s", ITEM),
    ]


def test_no_path_by_way_of_another_collection_leads_past_a_lock(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program:
        session = program.open_session()
        path = make(program, "Work")
        item = program.create(session, "L", {"a": "1"}, b"pw", collection=path)
        other = program.create(session, "M", {"b": "1"}, b"other")
        program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [path])
        for element in ("login", "session", "default"):
            wrong = item.replace(path, f"{COLLECTION_PREFIX}{element}")
            for use in uses(program, session, wrong):
                with pytest.raises(DBusError) as raised:
                    use()
                assert raised.value.name == NO_SUCH_OBJECT
            assert program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [wrong], session.path)[0] == {}
        with pytest.raises(DBusError, match="IsLocked"):
            program.read(session, item)
        assert program.get(item, ITEM, "Locked") is True
        assert program.get(other, ITEM, "Locked") is False
        assert program.read(session, other) == b"other"
        assert list(program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [other], session.path)[0]) == [other]
        program.call(other, ITEM, "SetSecret", "(oayays)", session.wire(b"new"))
        assert program.call(other, ITEM, "Delete")[0] == "/"
        assert [entry.value for entry in router.entries.values()] == [b"", b"pw"]


def test_while_a_collection_is_locked_the_wallet_still_asks_its_user_for_what_lies_elsewhere(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        session = program.open_session()
        path = make(program, "Work")
        reference = program.create(session, "L", {}, b"pw", collection=path).removeprefix(path)
        item = program.create(session, "M", {}, b"other")
        program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [path])
        lock_wallet(door)
        program.begin(item, ITEM, "GetSecret", "o", session.path)
        router.dialogs.get(timeout=60).approve()
        assert session.plain(program.finish()[0]) == b"other"
        lock_wallet(door)
        prompt = program.call(LOGIN + reference, ITEM, "Delete")[0]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).approve()
        assert program.completed(prompt)[0], "it is dismissed: nothing is there"
        router.ask_for |= {"secret/1.describe", "secret/1.read"}
        program.begin(item, ITEM, "GetSecret", "o", session.path)
        router.dialogs.get(timeout=60).approve()
        assert session.plain(program.finish()[0]) == b"other"


def test_the_default_collection_is_always_there(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        for alias in ("default", "login"):
            assert program.call(SERVICE_PATH, SERVICE, "ReadAlias", "s", alias)[0] == LOGIN
            assert make(program, "Another", alias) == LOGIN
        assert program.get(DEFAULT, COLLECTION, "Label") == program.get(LOGIN, COLLECTION, "Label")
        for everybodys in (LOGIN, KEPT_FOR_SESSION):
            with pytest.raises(DBusError, match="NotSupported"):
                program.call(everybodys, COLLECTION, "Delete")
        program.call(SERVICE_PATH, SERVICE, "SetAlias", "so", "default", LOGIN)
        path = make(program, "Work")
        for alias in ("default", "login", "session"):
            with pytest.raises(DBusError, match="NotSupported"):
                program.call(SERVICE_PATH, SERVICE, "SetAlias", "so", alias, path)


def test_what_a_program_calls_the_default_collection_is_its_own_affair(environ: dict[str, str]) -> None:
    with Program(environ) as program, Program(environ, "bob") as other:
        before = other.get(LOGIN, COLLECTION, "Label")
        program.call(DEFAULT, PROPERTIES, "Set", "ssv", COLLECTION, "Label", ("s", "Mine"))
        assert program.get(LOGIN, COLLECTION, "Label") == "Mine"
        assert other.get(LOGIN, COLLECTION, "Label") == before
    with Program(environ) as program:
        assert program.get(LOGIN, COLLECTION, "Label") == before
        with pytest.raises(DBusError, match="NotSupported"):
            program.call(KEPT_FOR_SESSION, PROPERTIES, "Set", "ssv", COLLECTION, "Label", ("s", "Mine"))


def test_an_alias_names_a_collection_of_its_program(environ: dict[str, str]) -> None:
    with Program(environ) as program, Program(environ, "bob") as other:

        def read(name: str, by: Program = program) -> str:
            path = by.call(SERVICE_PATH, SERVICE, "ReadAlias", "s", name)[0]
            assert isinstance(path, str)
            return path

        work, home = make(program, "Work", "w"), make(program, "Home")
        assert make(program, "Twice", "w") == work
        assert read("w") == work
        assert read("w", other) == read("x") == read("") == "/"
        assert program.get("/org/freedesktop/secrets/aliases/w", COLLECTION, "Label") == "Work"
        program.call(SERVICE_PATH, SERVICE, "SetAlias", "so", "w", home)
        assert read("w") == home
        assert program.get(work, COLLECTION, "Label") == "Work"
        program.call(SERVICE_PATH, SERVICE, "SetAlias", "so", "w", "/")
        assert read("w") == "/"
        with pytest.raises(DBusError) as raised:
            program.get("/org/freedesktop/secrets/aliases/w", COLLECTION, "Label")
        assert raised.value.name == NO_SUCH_OBJECT


def test_a_collection_is_there_and_locked_while_the_wallet_is(
    door: DoorProcess,
    environ: dict[str, str],
) -> None:
    with Program(environ) as program:
        path = make(program, "Work")
        lock_wallet(door)
        assert program.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION, path]
        assert program.get(path, COLLECTION, "Locked") is True
        assert program.get(path, COLLECTION, "Label") == "", "what it is called is nobody's to see"
        with pytest.raises(DBusError) as raised:
            program.get(path, COLLECTION, "Items")
        assert raised.value.name == IS_LOCKED


def test_a_program_that_starts_while_the_wallet_is_locked_is_shown_the_collections_that_it_has(
    door: DoorProcess, environ: dict[str, str]
) -> None:
    with Program(environ) as program:
        path = make(program, "Work")
    lock_wallet(door)
    with Program(environ) as program, Program(environ, "bob") as other:
        assert program.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION, path]
        assert program.get(path, COLLECTION, "Locked") is True
        assert program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [path])[0] == [path]
        assert other.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION]


def test_programs_that_cannot_be_told_apart_are_not_shown_each_others_collections_while_the_wallet_is_locked(
    door: DoorProcess, environ: dict[str, str]
) -> None:
    with Program(environ, "session:1000") as program:
        path = make(program, "Work")
        lock_wallet(door)
        with Program(environ, "session:1000") as other:
            assert other.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION]
        assert program.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION, path]


@pytest.mark.parametrize(
    ("label", "alias", "twin"),
    [("Work", "", True), ("Home", "w", True), ("Home", "", False), ("Work", "x", False)],
)
def test_a_collection_that_is_there_already_is_not_made_again_in_a_locked_wallet(  # noqa: PLR0913
    door: DoorProcess, environ: dict[str, str], router: RouterPeer, label: str, alias: str, *, twin: bool
) -> None:
    with Program(environ, "bob") as other:
        make(other, "Work", "w")
    with Program(environ) as program:
        path = make(program, "Work", "w")
    lock_wallet(door)
    with Program(environ) as program:
        properties = {f"{COLLECTION}.Label": ("s", label)}
        prompt = program.call(SERVICE_PATH, SERVICE, "CreateCollection", "a{sv}s", properties, alias)[1]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).approve()
        dismissed, (_, made) = program.completed(prompt)
        assert not dismissed
        assert (made == path) is twin


@pytest.mark.parametrize("approved", [True, False])
def test_what_needs_the_user_is_a_prompt(environ: dict[str, str], router: RouterPeer, *, approved: bool) -> None:
    router.ask_for |= {"secret/1.create", "secret/1.delete"}

    def answer(program: Program, prompt: str) -> tuple[bool, tuple[str, str]]:
        program.call(prompt, PROMPT, "Prompt", "s", "")
        dialog = router.dialogs.get(timeout=60)
        if approved:
            dialog.approve()
            router.approved.discard((dialog.client, ""))
        else:
            dialog.refuse(ErrorCode.NOT_NOW)
        return program.completed(prompt)

    own = router.add("alice", "There", {}, b"pw")
    with Program(environ) as program:
        session = program.open_session()
        program.begin_create(session, "L", b"pw")
        item, prompt = program.finish()
        assert item == "/"
        dismissed, (kind, item) = answer(program, prompt)
        assert (dismissed, kind) == (not approved, "o")
        if approved:
            assert program.read(session, item) == b"pw"
        else:
            assert item == "/"
        collection, prompt = program.call(SERVICE_PATH, SERVICE, "CreateCollection", "a{sv}s", {}, "")
        assert collection == "/"
        dismissed, (kind, collection) = answer(program, prompt)
        assert (dismissed, kind) == (not approved, "o")
        there = [path for path in program.get(LOGIN, COLLECTION, "Items") if path != item]
        prompt = program.call(there[0], ITEM, "Delete")[0]
        assert answer(program, prompt) == (not approved, ("s", ""))
        assert (own not in router.entries) is approved


def test_a_collection_is_made_in_a_locked_wallet_by_a_prompt(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        prompt = program.call(SERVICE_PATH, SERVICE, "CreateCollection", "a{sv}s", {}, "")[1]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).approve()
        dismissed, (_, path) = program.completed(prompt)
        assert not dismissed
        assert program.get(path, COLLECTION, "Label") == "Collection"
