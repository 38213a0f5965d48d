"""What programs see while the Router is started anew: their calls wait, and nothing is done twice."""

from __future__ import annotations

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import LOGIN, DBusError, Program
from tests.doors.secret_service.router_peer import RouterPeer

from etui.standards.secretservice.names import COLLECTION, ITEM, SERVICE, SERVICE_PATH


def test_calls_wait_for_the_first_connection(environ: dict[str, str], router: RouterPeer) -> None:
    router.add("alice", "L", {"a": "1"}, b"pw")
    door = DoorProcess(environ, router)
    try:
        assert door.report() == "N"
        with Program(environ) as program, Program(environ) as other:
            session = other.open_session()  # needs no Router
            program.begin(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", {"a": "1"})
            other.begin(LOGIN, "org.freedesktop.DBus.Properties", "Get", "ss", COLLECTION, "Locked")
            door.connect_router()
            (item,), locked = program.finish()
            assert locked == []
            assert other.finish()[0] == ("b", False)
            assert other.read(session, item) == b"pw"
    finally:
        assert door.end() == 0


def test_calls_that_come_between_two_routers_are_held(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        session = program.open_session()
        item = program.create(session, "L", {"a": "1"}, b"pw")
        router.cut()
        program.begin(item, ITEM, "GetSecret", "o", session.path)
        door.connect_router()
        assert session.plain(program.finish()[0]) == b"pw"


def test_a_read_under_way_is_repeated_and_a_change_is_not(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as reader, Program(environ) as writer:
        session, other = reader.open_session(), writer.open_session()
        item = reader.create(session, "L", {"a": "1"}, b"pw")
        router.hold |= {"secret/1.read", "secret/1.create"}
        reader.begin(item, ITEM, "GetSecret", "o", session.path)
        writer.begin_create(other, "M", b"pw")
        assert {router.held.get(timeout=60), router.held.get(timeout=20)} == router.hold
        router.hold.clear()
        router.cut()
        door.connect_router()
        assert session.plain(reader.finish()[0]) == b"pw"
        with pytest.raises(DBusError, match=r"NoReply.*not known"):
            writer.finish()
        assert len(router.entries) == 1


def test_programs_are_introduced_anew_with_the_start_that_was_first_seen(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer
) -> None:
    with Program(environ) as program:
        program.search({})
        router.cut()
        door.connect_router()
        program.search({})
        seen = [(r.pid, r.start) for r in router.introduced if r.pid == program.pid]
        assert len(seen) == 2
        assert len(set(seen)) == 1
