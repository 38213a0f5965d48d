"""SearchItems: of the whole service and of one collection.

A search by attributes may put items of other programs to the user, inside the call. One without attributes asks for
everything, and is shown what the caller may see unasked. While the wallet is locked both bring the unlock dialog: an
empty answer would say "not found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.secret_service.lasting import element_of, kept_attributes, path_of
from etui.interfaces import secret_1 as secret
from etui.sdk import ProtocolError
from etui.sdk.door.asking import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.interfaces import Item

GROUP: Final = "group"
_encode = msgspec.json.encode
_result: Final = msgspec.json.Decoder(secret.FindResult)


def search_service(call: Call) -> None:
    """Answers ``Service.SearchItems``."""
    _search(call, _attributes(call), "", lambda items: call.answer(*_by_lock(call.door, items)))


def search_collection(call: Call, collection: Target) -> None:
    """Answers ``Collection.SearchItems``."""

    def found(items: Iterable[Item]) -> None:
        call.answer([path_of(item) for item in items if element_of(item) == collection.collection])

    _search(call, kept_attributes(collection.collection, _attributes(call)), collection.group, found)


def items_of(items: Iterable[Item]) -> Iterable[Item]:
    """The items that are no collections."""
    return (item for item in items if item.kind != GROUP)


def _search(call: Call, attributes: Mapping[str, str], group: str, found: Callable[[Iterable[Item]], None]) -> None:
    encoded = _encode({"attributes": attributes, "group": group} if group else {"attributes": attributes})

    def done(answer: bytes | ProtocolError) -> None:
        if isinstance(answer, ProtocolError):
            call.fail(answer)
        else:
            found(items_of(_result.decode(answer).items))

    question = Question(method=secret.Find.METHOD, params=lambda _: encoded, quiet=not call.body[0], unlocks=True)
    call.door.ask(call.peer, question, done)


def _attributes(call: Call) -> dict[str, str]:
    attributes = call.body[0]
    assert isinstance(attributes, dict)  # noqa: S101  # by the method's signature
    return attributes


def _by_lock(door: Door, items: Iterable[Item]) -> tuple[list[str], list[str]]:
    unlocked: list[str] = []
    locked: list[str] = []
    for item in items:
        (locked if element_of(item) in door.locks else unlocked).append(path_of(item))
    return unlocked, locked
