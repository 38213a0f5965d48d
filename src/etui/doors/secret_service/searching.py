"""SearchItems: of the whole service and of one collection.

Rules:

1. What the caller may see unasked is the answer where there is any: another program's item with the same attributes
   puts no question to the user, and keeps nobody from its own.
2. Else items of other programs are put to the user, inside the call.
3. A search without attributes asks for everything, and is shown what the caller may see unasked.
4. While the wallet is locked all of them bring the unlock dialog: an empty answer would say "not found".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.secret_service.lasting import LASTS, element_of, kept_attributes, path_of
from etui.doors.secret_service.paths import DEFAULT_ELEMENT
from etui.interfaces import secret_1 as secret
from etui.sdk import ProtocolError
from etui.sdk.door.asking import ANSWER_S, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.paths import Target
    from etui.interfaces import Item

GROUP: Final = "group"
_encode = msgspec.json.encode
_result: Final = msgspec.json.Decoder(secret.FindResult)


def search_service(call: Call) -> None:
    """Answers ``Service.SearchItems``."""
    query = secret.Find(attributes=_attributes(call))
    until = call.door.now() + ANSWER_S
    _search(call, query, until, lambda _: True, lambda items: call.answer(*_by_lock(call.door, items)))


def search_collection(call: Call, collection: Target, until: float) -> None:
    """Answers ``Collection.SearchItems``; the query leaves out what lies elsewhere, so that nobody is asked for it.

    ``until``: when the caller has waited long enough, by ``Door.now``.
    """
    query = secret.Find(
        attributes=kept_attributes(collection.collection, _attributes(call)),
        group=collection.group or None,
        ungrouped=None if collection.group else True,
        without=[LASTS] if collection.collection == DEFAULT_ELEMENT else None,
    )
    lies_here = partial(_lies_in, collection.collection)
    _search(call, query, until, lies_here, lambda items: call.answer([path_of(item) for item in items]))


def items_of(items: Iterable[Item]) -> Iterable[Item]:
    """The items that are no collections."""
    return (item for item in items if item.kind != GROUP)


def _search(
    call: Call, query: secret.Find, until: float, fits: Callable[[Item], bool], give: Callable[[list[Item]], None]
) -> None:
    encoded = _encode(query)

    def ask(*, quiet: bool) -> None:
        question = Question(method=secret.Find.METHOD, params=lambda _: encoded, quiet=quiet, unlocks=True)
        call.door.ask(call.peer, question, partial(answered, quiet=quiet), until - call.door.now())

    def answered(answer: bytes | ProtocolError, *, quiet: bool) -> None:
        if isinstance(answer, ProtocolError):
            call.fail(answer)
            return
        found = [item for item in items_of(_result.decode(answer).items) if fits(item)]
        if quiet and not found and call.body[0]:
            ask(quiet=False)
        else:
            give(found)

    ask(quiet=True)


def _lies_in(element: str, item: Item) -> bool:
    return element_of(item) == element


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
