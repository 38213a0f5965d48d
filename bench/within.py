"""Asks a wallet by its door on the session's bus, and says how long each answer took.

It runs by itself, in a booted system. ``fill N`` stores so many items; ``get N`` reads one of them so often, over one
encrypted session; ``first`` asks once, at the Router's own socket.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), "/usr/lib/etui/lib/python3.11/site-packages"]

import secretstorage  # noqa: E402  # from where the line above has it found

from etui.interfaces import secret_1 as secret  # noqa: E402
from etui.sdk import Client  # noqa: E402

_SECRET = b"s" * 32


def main() -> None:
    """Does what the first word says."""
    word, *rest = sys.argv[1:]
    times = _first() if word == "first" else _over_bus(word, int(rest[0]))
    sys.stdout.write(json.dumps(times))


def _over_bus(word: str, count: int) -> list[float]:
    """Seconds of each call over the bus."""
    connection = secretstorage.dbus_init()
    collection = secretstorage.get_default_collection(connection)
    if word == "fill":
        return [_taken(partial(_store, collection, number)) for number in range(count)]
    item = next(collection.search_items({"number": "0"}))
    return [_taken(item.get_secret) for _ in range(count)]


def _store(collection: secretstorage.Collection, number: int) -> None:
    collection.create_item(f"Item {number}", {"number": str(number)}, _SECRET)


def _first() -> list[float]:
    """Seconds of one call of the Router's protocol."""
    with Client.connect(name="bench") as client:
        return [_taken(lambda: client.call(secret.Find(attributes={"number": "0"})))]


def _taken(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


main()
