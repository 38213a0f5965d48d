"""What comes of items of another keyring: each is new, is there already, differs from what is there, or is refused.

Rules:

1. Items are alike that lie in the same collection and have the same attributes, in whatever order, but for the schema
   of no sort; of those with none, or with no more than a schema, those that have the same name too.
2. One that is alike in name, type of content and value too is there already, also where it comes a second time.
3. One that is alike and is not the same differs: both are kept.
"""

from __future__ import annotations

import hmac
import os
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from etui.extensions.secrets.attributes import check_attributes, is_told_by_label, told_by
from etui.extensions.secrets.errors import DamagedItemError, OversizeError, UnfitError
from etui.extensions.secrets.values import MAX_VALUE_BYTES
from etui.interfaces import secret_1 as secret
from etui.sdk import DamagedRecordError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.extensions.secrets.entries import Entry
    from etui.extensions.secrets.safe import Safe

_MAX_LABEL: Final = 1000
_MAX_CONTENT_TYPE: Final = 200
_MAX_ATTRIBUTE: Final = 4096
_OWN: Final = "etui:"
"""How the names of attributes begin by which the wallet knows what to do with an item."""
_KEY_BYTES: Final = 32

_Alike = tuple[str, frozenset[tuple[str, str]], str]


class Arriving:
    """What has come so far in one run.

    ``client``: whose it is. ``name``: of the import; empty where nothing is stored. ``left``: how many may come yet.
    """

    def __init__(self, client: str, name: str, left: int) -> None:
        self.client = client
        self.name = name
        self.left = left
        self._key = os.urandom(_KEY_BYTES)
        self._come: defaultdict[_Alike, set[bytes]] = defaultdict(set)

    def outcome(
        self, safe: Safe, incoming: secret.Incoming, value: bytes, collection: str, group: str | None
    ) -> secret.Outcome:
        """What comes of an item, which counts as come from then on.

        ``group``: the id of its collection here, None where there is none of that name yet.
        """
        try:
            _check(incoming, value)
        except ProtocolError as error:
            return secret.Outcome(outcome="refused", why=error.message)
        come = self._come[_alike(incoming, collection)]
        digest = self._digest(incoming, value)
        is_second, differs = digest in come, bool(come)
        come.add(digest)
        if is_second:
            return secret.Outcome(outcome="there", why="it comes twice")
        there = [] if group is None else safe.catalogue.alike(group, incoming.label, incoming.attributes)
        if any(_is_same(safe, entry, incoming, value) for entry in there):
            return secret.Outcome(outcome="there")
        if differs:
            return secret.Outcome(outcome="differs", why="another one with the same attributes comes with it")
        if there:
            return secret.Outcome(outcome="differs", why=_difference(safe, there, incoming, value))
        return secret.Outcome(outcome="taken")

    def _digest(self, incoming: secret.Incoming, value: bytes) -> bytes:
        digest = hmac.new(self._key, digestmod="sha256")
        for part in (incoming.label.encode(), (incoming.content_type or "").encode(), value):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


def _check(incoming: secret.Incoming, value: bytes) -> None:
    if len(incoming.label) > _MAX_LABEL:
        raise OversizeError("the name", len(incoming.label), _MAX_LABEL)
    if len(incoming.content_type or "") > _MAX_CONTENT_TYPE:
        raise OversizeError("the type of content", len(incoming.content_type or ""), _MAX_CONTENT_TYPE)
    if len(value) > MAX_VALUE_BYTES:
        raise OversizeError("the value", len(value), MAX_VALUE_BYTES)
    if own := next((name for name in incoming.attributes if name.startswith(_OWN)), ""):
        raise UnfitError(f"its attribute {own[:60]} would tell this wallet what to do with it: rename that there")
    for text in incoming.attributes.values():
        if len(text) > _MAX_ATTRIBUTE:
            raise OversizeError("an attribute", len(text), _MAX_ATTRIBUTE)
    check_attributes(incoming.attributes)


def _alike(incoming: secret.Incoming, collection: str) -> _Alike:
    told = told_by(incoming.attributes)
    return collection, frozenset(told.items()), incoming.label if is_told_by_label(told) else ""


def _is_same(safe: Safe, entry: Entry, incoming: secret.Incoming, value: bytes) -> bool:
    return (
        entry.item.label == incoming.label
        and entry.content_type == (incoming.content_type or "")
        and _has_value(safe, entry, value)
    )


def _has_value(safe: Safe, entry: Entry, value: bytes) -> bool:
    if entry.size != len(value):
        return False
    try:
        return hmac.compare_digest(safe.value(entry), value)
    except (DamagedItemError, DamagedRecordError):
        return False


def _difference(safe: Safe, there: Iterable[Entry], incoming: secret.Incoming, value: bytes) -> str:
    """In what it differs from the one here that it is most like."""
    differences: list[list[str]] = []
    for entry in there:
        parts = [] if _has_value(safe, entry, value) else ["secret"]
        parts += [] if entry.item.label == incoming.label else ["name"]
        parts += [] if entry.content_type == (incoming.content_type or "") else ["type of content"]
        differences.append(parts)
    fewest = min(differences, key=len)
    return f"the one here has another {' and '.join(fewest)}"
