"""libsecret through GObject introspection: a process that asks it for everything that its API has.

Run by Debian's own Python, which has python3-gi. It prints ``step ... ok`` or ``step ... failed`` for each step.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Secret", "1")
from gi.repository import Gio, GLib, Secret  # noqa: E402  # a version is required before the import

SCHEMA = Secret.Schema.new(
    "org.example.Judge",
    Secret.SchemaFlags.NONE,
    {
        "server": Secret.SchemaAttributeType.STRING,
        "port": Secret.SchemaAttributeType.INTEGER,
        "tls": Secret.SchemaAttributeType.BOOLEAN,
    },
)
OTHER = Secret.Schema.new(
    "org.example.Other", Secret.SchemaFlags.DONT_MATCH_NAME, {"server": Secret.SchemaAttributeType.STRING}
)
MAIL = {"server": "mail.example", "port": "993", "tls": "true"}
NEWS = {"server": "news.example", "port": "119", "tls": "false"}
ITEM_INTERFACE = "org.freedesktop.Secret.Item"
LIMIT_MS = 20_000


def awaited(begin: Callable[..., None], *arguments: object) -> Any:
    """What an asynchronous function hands to its callback."""
    loop = GLib.MainLoop()
    results: list[Gio.AsyncResult] = []

    def done(_: object, result: Gio.AsyncResult) -> None:
        results.append(result)
        loop.quit()

    begin(*arguments, None, done)
    timer = GLib.timeout_add(LIMIT_MS, loop.quit)
    loop.run()
    GLib.source_remove(timer)
    return results[0]


def heard(source: Any, signal: str, act: Callable[[], object]) -> bool:
    """Whether a signal comes of an act."""
    loop = GLib.MainLoop()
    came: list[bool] = []

    def hear(*_: object) -> None:
        came.append(True)
        loop.quit()

    handler = source.connect(signal, hear)
    act()
    if not came:
        timer = GLib.timeout_add(LIMIT_MS, loop.quit)
        loop.run()
        if came:
            GLib.source_remove(timer)
    source.disconnect(handler)
    return bool(came)


def store(attributes: dict[str, str], value: str, collection: str = Secret.COLLECTION_DEFAULT) -> bool:
    return bool(Secret.password_store_sync(SCHEMA, attributes, collection, attributes["server"], value, None))


def lookup(attributes: dict[str, str]) -> str | None:
    found: str | None = Secret.password_lookup_sync(SCHEMA, attributes, None)
    return found


def service() -> Any:
    Secret.Service.disconnect()  # else it is the one of before, with what it knew then
    flags = Secret.ServiceFlags.OPEN_SESSION | Secret.ServiceFlags.LOAD_COLLECTIONS
    return Secret.Service.get_sync(flags, None)


def collection(alias: str = Secret.COLLECTION_DEFAULT) -> Any:
    return Secret.Collection.for_alias_sync(service(), alias, Secret.CollectionFlags.LOAD_ITEMS, None)


def items(attributes: dict[str, str], flags: Any = Secret.SearchFlags.ALL | Secret.SearchFlags.LOAD_SECRETS) -> Any:
    return service().search_sync(SCHEMA, attributes, flags, None)


def asynchronous_store() -> bool:
    begin = Secret.password_store
    return bool(Secret.password_store_finish(awaited(begin, SCHEMA, NEWS, Secret.COLLECTION_DEFAULT, "News", "three")))


def asynchronous_lookup() -> bool:
    return bool(Secret.password_lookup_finish(awaited(Secret.password_lookup, SCHEMA, NEWS)) == "three")


def password_search() -> bool:
    flags = Secret.SearchFlags.ALL
    found = Secret.password_search_sync(SCHEMA, {}, flags, None)
    secrets = {one.get_attributes()["server"]: one.retrieve_secret_sync(None).get_text() for one in found}
    return secrets == {"mail.example": "two", "news.example": "three"}


def binary() -> bool:
    value = Secret.Value.new("\x01\u00fe\n", -1, "application/octet-stream")
    service().store_sync(SCHEMA, {"server": "binary"}, Secret.COLLECTION_DEFAULT, "Binary", value, None)
    found = service().lookup_sync(SCHEMA, {"server": "binary"}, None)
    same = found.get() == value.get() and found.get_content_type() == "application/octet-stream"
    return bool(same and Secret.password_clear_sync(SCHEMA, {"server": "binary"}, None))


def described() -> bool:
    (found,) = items(MAIL)
    return bool(
        found.get_label() == "mail.example"
        and found.get_schema_name() == "org.example.Judge"
        and found.get_attributes() == {**MAIL, "xdg:schema": "org.example.Judge"}
        and not found.get_locked()
        and found.get_secret().get_text() == "two"
        and found.get_created() <= found.get_modified()
    )


def changed() -> bool:
    (found,) = items(MAIL)
    found.set_label_sync("Post", None)
    found.set_attributes_sync(SCHEMA, {**MAIL, "port": "143"}, None)
    found.set_secret_sync(Secret.Value.new("four", -1, "text/plain"), None)
    (again,) = items({"server": "mail.example"})
    same = (again.get_label(), again.get_attributes()["port"], again.get_secret().get_text()) == ("Post", "143", "four")
    again.set_attributes_sync(SCHEMA, MAIL, None)
    return same


def label_is_announced() -> bool:
    (found,) = items(MAIL)
    (other,) = items(MAIL)
    return heard(found, "notify::label", lambda: other.set_label_sync("Mail", None)) and found.get_label() == "Mail"


def item_of_collection() -> bool:
    value = Secret.Value.new("five", -1, "text/plain")
    made = Secret.Item.create_sync(
        collection(), SCHEMA, {"server": "made"}, "Made", value, Secret.ItemCreateFlags.REPLACE, None
    )
    made.load_secret_sync(None)
    same = made.get_secret().get_text() == "five"
    return bool(same and made.delete_sync(None) and lookup({"server": "made"}) is None)


def collection_lists() -> bool:
    return {"Mail", "News"} <= {one.get_label() for one in collection().get_items()}


def collection_search() -> bool:
    found = collection().search_sync(SCHEMA, MAIL, Secret.SearchFlags.ALL, None)
    return [one.get_label() for one in found] == ["Mail"]


def secrets_at_once() -> bool:
    found = Secret.password_search_sync(SCHEMA, {}, Secret.SearchFlags.ALL, None)
    same = items({}, Secret.SearchFlags.ALL)
    return len(found) == len(same) and bool(Secret.Item.load_secrets_sync(same, None))


def own_collection() -> bool:
    flags = Secret.CollectionCreateFlags.NONE
    made = Secret.Collection.create_sync(service(), "Judge", None, flags, None)
    value = Secret.Value.new("six", -1, "text/plain")
    Secret.Item.create_sync(made, SCHEMA, {"server": "inside"}, "Inside", value, Secret.ItemCreateFlags.NONE, None)
    same = lookup({"server": "inside"}) == "six" and made.get_label() == "Judge"
    return bool(same and made.delete_sync(None) and lookup({"server": "inside"}) is None)


def locked() -> bool:
    count, _ = service().lock_sync([collection()], None)
    return bool(count == 1 and collection().get_locked())


def lookup_unlocks() -> bool:
    service().lock_sync([collection()], None)
    return lookup(MAIL) == "four" and not collection().get_locked()


def unlocked() -> bool:
    count, _ = service().unlock_sync([collection()], None)
    return bool(count == 1 and not collection().get_locked() and lookup(MAIL) == "four")


def session_store() -> bool:
    return store({"server": "session"}, "seven", Secret.COLLECTION_SESSION) and lookup({"server": "session"}) == "seven"


def session_listed() -> bool:
    there = collection(Secret.COLLECTION_SESSION)
    return [one.get_attributes()["server"] for one in there.get_items()] == ["session"]


def session_apart() -> bool:
    return "session" not in {one.get_attributes().get("server") for one in collection().get_items()}


def session_clear() -> bool:
    return Secret.password_clear_sync(SCHEMA, {"server": "session"}, None) and lookup({"server": "session"}) is None


STEPS: dict[str, Callable[[], bool]] = {
    "lookup of nothing": lambda: lookup(MAIL) is None,
    "store": lambda: store(MAIL, "one"),
    "lookup": lambda: lookup(MAIL) == "one",
    "store what is there already": lambda: store(MAIL, "two") and lookup(MAIL) == "two",
    "asynchronous store": asynchronous_store,
    "asynchronous lookup": asynchronous_lookup,
    "lookup by another schema that does not match names": lambda: (
        Secret.password_lookup_sync(OTHER, {"server": "mail.example"}, None) == "two"
    ),
    "search of passwords": password_search,
    "a value of bytes": binary,
    "what is known of an item": described,
    "changes to an item": changed,
    "a change is announced": label_is_announced,
    "an item made in a collection": item_of_collection,
    "items of a collection": collection_lists,
    "search in a collection": collection_search,
    "several secrets at once": secrets_at_once,
    "a collection of its own": own_collection,
    "lock": locked,
    "unlock": unlocked,
    "lookup that unlocks": lookup_unlocks,
    "store for the session": session_store,
    "items of the session": session_listed,
    "what is of the session is not of the default collection": session_apart,
    "clear what is of the session": session_clear,
    "clear": lambda: Secret.password_clear_sync(SCHEMA, MAIL, None) and lookup(MAIL) is None,
    "clear of nothing": lambda: not Secret.password_clear_sync(SCHEMA, MAIL, None),
    "asynchronous clear": lambda: bool(
        Secret.password_clear_finish(awaited(Secret.password_clear, SCHEMA, NEWS)) and lookup(NEWS) is None
    ),
}


def main() -> None:
    for name, step in STEPS.items():
        try:
            outcome = "ok" if step() else "failed"
        except (AttributeError, GLib.Error, IndexError, TypeError, ValueError):
            traceback.print_exc()
            outcome = "failed"
        sys.stdout.write(f"{name} ... {outcome}\n")


if __name__ == "__main__":
    main()
