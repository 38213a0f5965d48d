"""SearchItems: of the whole service and of one collection.

A search by attributes may put items of other programs to the user, inside the call. One without attributes asks for
everything, and is shown what the caller may see unasked. While the wallet is locked both bring the unlock dialog: an
empty answer would say "not found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.secret_service.asking import Question
from etui.doors.secret_service.paths import DEFAULT_ELEMENT, escape, item_path
from etui.interfaces import secret_1 as secret
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.interfaces import Item

GROUP: Final = "group"
_encode = msgspec.json.encode
_result: Final = msgspec.json.Decoder(secret.FindResult)


def search_service(call: Call) -> None:
    """Answers ``Service.SearchItems``."""
    _search(call, "", lambda items: call.answer(*_by_lock(call.door, items)))


def search_collection(call: Call, group: str) -> None:
    """Answers ``Collection.SearchItems`` for a collection by its reference, which is empty for the default one."""

    def found(items: Iterable[Item]) -> None:
        call.answer([item_path(group, item.item) for item in items if item.group == group])

    _search(call, group, found)


def items_of(items: Iterable[Item]) -> Iterable[Item]:
    """The items that are no collections."""
    return (item for item in items if item.kind != GROUP)


def _search(call: Call, group: str, found: Callable[[Iterable[Item]], None]) -> None:
    attributes = call.body[0]
    encoded = _encode({"attributes": attributes, "group": group} if group else {"attributes": attributes})

    def done(answer: bytes | ProtocolError) -> None:
        if isinstance(answer, ProtocolError):
            call.fail(answer)
        else:
            found(items_of(_result.decode(answer).items))

    question = Question(method=secret.Find.METHOD, params=lambda _: encoded, quiet=not attributes, unlocks=True)
    call.door.ask(call.peer, question, done)


def _by_lock(door: Door, items: Iterable[Item]) -> tuple[list[str], list[str]]:
    unlocked: list[str] = []
    locked: list[str] = []
    for item in items:
        element = escape(item.group) if item.group else DEFAULT_ELEMENT
        (locked if element in door.locks else unlocked).append(item_path(item.group, item.item))
    return unlocked, locked
