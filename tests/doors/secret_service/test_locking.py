"""A locked wallet still answers truly, and comes back with sessions and name as they were."""

from __future__ import annotations

import time

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import ALIASES, DEFAULT, IS_LOCKED, KEPT_FOR_SESSION, LOGIN, DBusError, Program
from tests.doors.secret_service.router_peer import RouterPeer

from etui.interfaces import secret_1 as secret
from etui.protocol import ErrorCode
from etui.sdk.door import asking
from etui.standards.secretservice.names import COLLECTION, ITEM, PROMPT, PROPERTIES, SERVICE, SERVICE_PATH

_DBUS_WAITS_S = 25
"""How long libdbus, GDBus and their like wait for an answer by default."""
pytestmark = pytest.mark.usefixtures("door")


def lock_wallet(door: DoorProcess) -> None:
    """As the supervisor does: the Router ends, a keyless one takes its place."""
    door.peer.lock_wallet()
    door.connect_router()


def test_sessions_paths_and_name_outlive_the_lock(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        encrypted, plain = program.open_session(), program.open_plain()
        item = program.create(encrypted, "L", {"a": "1"}, b"pw")
        for _ in range(2):
            lock_wallet(door)
            program.begin(item, ITEM, "GetSecret", "o", encrypted.path)
            router.dialogs.get(timeout=60).approve()
            assert encrypted.plain(program.finish()[0]) == b"pw"
            assert program.read(plain, item) == b"pw"
            assert program.search({"a": "1"}) == ([item], [])


def test_a_locked_wallet_says_locked_and_never_not_found(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {"a": "1"}, b"pw")
        lock_wallet(door)
        assert program.get(LOGIN, COLLECTION, "Locked") is True
        assert program.get(DEFAULT, COLLECTION, "Locked") is True
        assert program.get(item, ITEM, "Locked") is True
        assert program.get(SERVICE_PATH, SERVICE, "Collections") == [LOGIN, KEPT_FOR_SESSION]
        assert program.get(LOGIN, COLLECTION, "Label")
        assert program.call(SERVICE_PATH, SERVICE, "ReadAlias", "s", "default")[0] == LOGIN
        held = program.call(LOGIN, PROPERTIES, "GetAll", "s", COLLECTION)[0]
        assert (held["Locked"], held["Items"]) == (("b", True), ("ao", []))
        for ask in (
            lambda: program.get(item, ITEM, "Label"),
            lambda: program.get(LOGIN, COLLECTION, "Items"),
            lambda: program.create(session, "M", {}, b"pw"),
            lambda: program.call(item, ITEM, "SetSecret", "(oayays)", session.wire(b"x")),
            lambda: program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Label", ("s", "x")),
            lambda: program.call(SERVICE_PATH, SERVICE, "ReadAlias", "s", "work"),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == IS_LOCKED
        assert router.dialogs.empty(), "none of this brings a dialog"


@pytest.mark.parametrize(
    ("path", "interface", "told"),
    [
        (SERVICE_PATH, SERVICE, ("Collections", ("ao", [LOGIN, KEPT_FOR_SESSION]))),
        (LOGIN, COLLECTION, ("Locked", ("b", True))),
    ],
)
def test_all_properties_are_those_of_a_locked_wallet_where_it_locks_meanwhile(  # noqa: PLR0913, PLR0917
    door: DoorProcess,
    environ: dict[str, str],
    router: RouterPeer,
    path: str,
    interface: str,
    told: tuple[str, tuple[str, object]],
) -> None:
    with Program(environ) as program:
        program.search({})
        router.hold.add(secret.Find.METHOD)
        program.begin(path, PROPERTIES, "GetAll", "s", interface)
        router.held.get(timeout=60)
        router.hold.clear()
        lock_wallet(door)
        (held,) = program.finish()
        assert told in held.items()


@pytest.mark.parametrize(
    ("path", "interface", "attributes"),
    [
        (SERVICE_PATH, SERVICE, {"a": "1"}),
        (SERVICE_PATH, SERVICE, {}),
        (LOGIN, COLLECTION, {"a": "1"}),
        (ALIASES + "w", COLLECTION, {"a": "1"}),
    ],
)
def test_a_search_waits_for_the_unlock_dialog(  # noqa: PLR0913, PLR0917
    door: DoorProcess,
    environ: dict[str, str],
    router: RouterPeer,
    path: str,
    interface: str,
    attributes: dict[str, str],
) -> None:
    group = router.add("alice", "Work", {"etui:alias": "w"}, b"", kind="group")
    router.add("alice", "L", {"a": "1"}, b"pw", group=group if path.startswith(ALIASES) else "")
    lock_wallet(door)
    with Program(environ) as program:
        program.begin(path, interface, "SearchItems", "a{ss}", attributes)
        router.dialogs.get(timeout=60).approve()
        assert len(program.finish()[0]) == 1


def test_everybody_who_waits_shares_one_dialog(door: DoorProcess, environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    router.add("bob", "L", {"a": "1", "b": "2"}, b"pw")
    lock_wallet(door)
    with Program(environ) as one, Program(environ, "bob") as other:
        one.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {})
        dialog = router.dialogs.get(timeout=60)
        other.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {})
        assert other_has_asked(environ)
        dialog.approve()
        assert len(one.finish()[0]) == len(other.finish()[0]) == 1
        assert router.dialogs.empty()


def other_has_asked(environ: dict[str, str]) -> bool:
    """The door takes calls in order: what a third program is answered came after what the second one asked."""
    with Program(environ, "third") as third:
        return bool(third.get(LOGIN, COLLECTION, "Locked"))


@pytest.mark.parametrize("code", [ErrorCode.NOT_NOW, ErrorCode.REFUSED, ErrorCode.NO_DIALOG, ErrorCode.LOCKED_OUT])
def test_a_dismissed_unlock_dialog_is_answered_locked(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer, code: ErrorCode
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        program.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
        router.dialogs.get(timeout=60).refuse(code)
        with pytest.raises(DBusError) as raised:
            program.finish()
        assert raised.value.name == IS_LOCKED


def test_a_search_and_a_read_that_nobody_answers_are_locked_after_20_s_and_the_dialog_stays(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as searching, Program(environ) as reading, Program(environ) as reading_more:
        session, more = reading.open_session(), reading_more.open_session()
        item = reading.create(session, "L", {"a": "1"}, b"pw")
        lock_wallet(door)
        began = time.monotonic()
        searching.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
        reading.begin(item, ITEM, "GetSecret", "o", session.path)
        reading_more.begin(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [item], more.path)
        for program in (searching, reading, reading_more):
            with pytest.raises(DBusError) as raised:
                program.finish()
            assert raised.value.name == IS_LOCKED
            waited_s = time.monotonic() - began
            assert asking.ANSWER_S == 20, "what the name of this test says"
            assert waited_s >= asking.ANSWER_S, "who unlocks within that time is waited for"
            assert waited_s < _DBUS_WAITS_S, "else the caller has given up by itself"
        dialog = router.dialogs.get_nowait()
        assert not dialog.cancelled.is_set()
        dialog.approve()
        assert len(searching.search({"a": "1"})[0]) == 1
        assert reading.read(session, item) == b"pw"


def test_unlock_gives_a_prompt_for_the_wallets_dialog(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        unlocked, prompt = program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN, "/not/ours"])
        assert unlocked == []
        assert router.dialogs.empty(), "the dialog waits for the prompt to be started"
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).approve()
        assert program.completed(prompt) == (False, ("ao", [LOGIN]))
        assert program.get(LOGIN, COLLECTION, "Locked") is False
        with pytest.raises(DBusError, match="NoSuchObject"):
            program.call(prompt, PROMPT, "Prompt", "s", "")


def test_a_prompt_that_the_user_closes_is_completed_as_dismissed(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        prompt = program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN])[1]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).refuse(ErrorCode.NOT_NOW)
        assert program.completed(prompt) == (True, ("ao", []))


@pytest.mark.parametrize("answer", [ErrorCode.LOCKED, None])
def test_a_prompt_of_a_router_that_is_ending_is_put_to_the_next_one(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer, answer: ErrorCode | None
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        prompt = program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN])[1]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        dialog = router.dialogs.get(timeout=60)
        if answer is not None:
            dialog.refuse(answer)
        router.cut()
        door.connect_router()
        router.dialogs.get(timeout=60).approve()
        assert program.completed(prompt) == (False, ("ao", [LOGIN]))


def test_a_prompt_that_its_program_dismisses_closes_the_dialog(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    lock_wallet(door)
    with Program(environ) as program:
        prompt = program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN])[1]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        dialog = router.dialogs.get(timeout=60)
        program.call(prompt, PROMPT, "Dismiss")
        assert program.completed(prompt) == (True, ("ao", []))
        assert dialog.cancelled.wait(60)


def test_lock_state_is_told_to_everybody(door: DoorProcess, environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as one, Program(environ, "bob") as other:
        for program in (one, other):
            program.search({})
        lock_wallet(door)
        for program in (one, other):
            for collection in (LOGIN, KEPT_FOR_SESSION):
                path, _, _, (interface, changed, _) = program.signal("PropertiesChanged")
                assert (path, interface, changed) == (collection, COLLECTION, {"Locked": ("b", True)})
        router.unlock()
        for program in (one, other):
            for collection in (LOGIN, KEPT_FOR_SESSION):
                assert program.signal("PropertiesChanged")[3][1] == {"Locked": ("b", False)}
                assert program.get(collection, COLLECTION, "Locked") is False


def test_lock_locks_a_collection_for_the_bus_and_not_the_wallet(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program, Program(environ, "bob") as other:
        session = program.open_session()
        item = program.create(session, "L", {"a": "1"}, b"pw")
        assert program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [LOGIN, "/not/ours"]) == ([LOGIN], "/")
        assert not router.locked
        assert other.get(LOGIN, COLLECTION, "Locked") is True
        assert program.search({"a": "1"}) == ([], [item])
        for ask in (
            lambda: program.read(session, item),
            lambda: program.create(session, "L", {}, b"pw"),
            lambda: program.call(item, ITEM, "Delete"),
            lambda: program.call(SERVICE_PATH, SERVICE, "GetSecrets", "aoo", [item], session.path),
        ):
            with pytest.raises(DBusError) as raised:
                ask()
            assert raised.value.name == IS_LOCKED
        assert other.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN]) == ([LOGIN], "/")
        assert program.read(session, item) == b"pw"


def test_an_item_can_be_deleted_from_a_locked_wallet_by_a_prompt(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        item = program.create(program.open_session(), "L", {"a": "1"}, b"pw")
        lock_wallet(door)
        prompt = program.call(item, ITEM, "Delete")[0]
        program.call(prompt, PROMPT, "Prompt", "s", "")
        router.dialogs.get(timeout=60).approve()
        assert program.completed(prompt) == (False, ("s", ""))
        assert not router.entries
