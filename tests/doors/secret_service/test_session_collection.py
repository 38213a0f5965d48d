"""The collection ``session``: there for everyone, apart from the default one, and of what lasts no longer."""

from __future__ import annotations

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import DEFAULT, KEPT_FOR_SESSION, LOGIN, DBusError, Program
from tests.doors.secret_service.router_peer import RouterPeer
from tests.doors.secret_service.test_locking import lock_wallet

from etui.standards.secretservice.names import COLLECTION, ITEM, NO_OBJECT, PROPERTIES, SERVICE, SERVICE_PATH

pytestmark = pytest.mark.usefixtures("door")

ALIAS = "/org/freedesktop/secrets/aliases/session"


@pytest.mark.parametrize("collection", [KEPT_FOR_SESSION, ALIAS])
def test_what_is_kept_for_the_session_lies_there_and_not_in_the_default_collection(
    environ: dict[str, str], router: RouterPeer, collection: str
) -> None:
    with Program(environ) as program:
        session = program.open_session()
        lasting = program.create(session, "L", {"a": "1"}, b"lasting")
        item = program.create(session, "S", {"a": "1"}, b"short", collection=collection)
        assert item.startswith(KEPT_FOR_SESSION + "/")
        assert program.signal("ItemCreated")[3] == (lasting,)
        assert program.signal("ItemCreated") == (KEPT_FOR_SESSION, COLLECTION, "ItemCreated", (item,))
        assert program.get(KEPT_FOR_SESSION, COLLECTION, "Items") == [item]
        assert program.get(LOGIN, COLLECTION, "Items") == [lasting]
        assert program.call(collection, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})[0] == [item]
        assert program.call(DEFAULT, COLLECTION, "SearchItems", "a{ss}", {"a": "1"})[0] == [lasting]
        assert set(program.search({"a": "1"})[0]) == {item, lasting}
        assert (program.read(session, item), program.read(session, lasting)) == (b"short", b"lasting")
    kept = [entry.item.attributes for entry in router.entries.values()]
    assert kept == [{"a": "1"}, {"a": "1", "etui:lasts": "session"}]


def test_it_stays_there_when_it_is_replaced_or_described_anew(environ: dict[str, str], router: RouterPeer) -> None:
    with Program(environ) as program:
        session = program.open_session()
        program.create(session, "L", {"a": "1"}, b"lasting")
        item = program.create(session, "S", {"a": "1"}, b"short", collection=KEPT_FOR_SESSION)
        again = program.create(session, "S", {"a": "1"}, b"new", collection=KEPT_FOR_SESSION, replace=True)
        assert again == item
        program.call(item, PROPERTIES, "Set", "ssv", ITEM, "Attributes", ("a{ss}", {"b": "2"}))
        assert program.get(item, ITEM, "Attributes") == {"b": "2"}
        assert program.search({"b": "2"}) == ([item], [])
        assert program.read(session, item) == b"new"
    assert {"b": "2", "etui:lasts": "session"} in [entry.item.attributes for entry in router.entries.values()]


def test_it_is_always_there_and_always_the_same(environ: dict[str, str]) -> None:
    with Program(environ) as program:
        assert program.call(SERVICE_PATH, SERVICE, "ReadAlias", "s", "session")[0] == KEPT_FOR_SESSION
        made = program.call(SERVICE_PATH, SERVICE, "CreateCollection", "a{sv}s", {}, "session")
        assert made == (KEPT_FOR_SESSION, NO_OBJECT)
        assert (
            program.get(ALIAS, COLLECTION, "Label") == program.get(KEPT_FOR_SESSION, COLLECTION, "Label") == "Session"
        )
        program.call(SERVICE_PATH, SERVICE, "SetAlias", "so", "session", KEPT_FOR_SESSION)
        for path, interface, member, signature, *body in (
            (SERVICE_PATH, SERVICE, "SetAlias", "so", "session", LOGIN),
            (SERVICE_PATH, SERVICE, "SetAlias", "so", "default", KEPT_FOR_SESSION),
            (KEPT_FOR_SESSION, COLLECTION, "Delete", ""),
            (KEPT_FOR_SESSION, PROPERTIES, "Set", "ssv", COLLECTION, "Label", ("s", "Mine")),
        ):
            with pytest.raises(DBusError, match="NotSupported"):
                program.call(path, interface, member, signature, *body)


def test_it_is_locked_alone_or_with_the_wallet(door: DoorProcess, environ: dict[str, str]) -> None:
    with Program(environ) as program:
        item = program.create(program.open_session(), "S", {"a": "1"}, b"short", collection=KEPT_FOR_SESSION)
        assert program.call(SERVICE_PATH, SERVICE, "Lock", "ao", [KEPT_FOR_SESSION])[0] == [KEPT_FOR_SESSION]
        path, _, _, (_, changed, _) = program.signal("PropertiesChanged")
        assert (path, changed) == (KEPT_FOR_SESSION, {"Locked": ("b", True)})
        assert program.search({"a": "1"}) == ([], [item])
        assert program.get(LOGIN, COLLECTION, "Locked") is False
        program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [item])
        assert program.search({"a": "1"}) == ([item], [])
        lock_wallet(door)
        assert program.get(KEPT_FOR_SESSION, COLLECTION, "Locked") is True
