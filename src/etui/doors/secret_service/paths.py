"""Object paths: what they name, without a table.

::

    /org/freedesktop/secrets                              the service
    /org/freedesktop/secrets/collection/login             the default collection: items without a group
    /org/freedesktop/secrets/aliases/default              the same one
    /org/freedesktop/secrets/collection/session           what lasts as long as the session
    /org/freedesktop/secrets/aliases/session              the same one
    /org/freedesktop/secrets/aliases/NAME                 a collection that its owner gave an alias
    /org/freedesktop/secrets/collection/GROUP             a collection of the caller's
    /org/freedesktop/secrets/collection/GROUP/ITEM        an item
    /org/freedesktop/secrets/session/ID                   a session of the caller's
    /org/freedesktop/secrets/prompt/ID                    a prompt of the caller's

GROUP and ITEM are the caller's own references, with every character outside A-Z, a-z and 0-9 as ``_`` and two
hexadecimal digits. The Router opens a reference for the Client that it was given to and for no other: so a path is each
Client's own, means nothing to a stranger, lasts as long as the reference, and costs the door no memory.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final

import msgspec

from etui.standards.secretservice.names import (
    ALIAS_PREFIX,
    COLLECTION_PREFIX,
    DEFAULT_ALIAS,
    PROMPT_PREFIX,
    SERVICE_PATH,
    SESSION_ALIAS,
    SESSION_PREFIX,
)

DEFAULT_ELEMENT: Final = "login"
"""gnome-keyring's name for the collection that is there for everyone; programs have learned it by heart."""
DEFAULT_PATH: Final = COLLECTION_PREFIX + DEFAULT_ELEMENT
SESSION_ELEMENT: Final = SESSION_ALIAS
"""The collection for what is kept no longer than the session, under gnome-keyring's and libsecret's name for it."""
SESSION_PATH: Final = COLLECTION_PREFIX + SESSION_ELEMENT
SHARED: Final = (DEFAULT_ELEMENT, SESSION_ELEMENT)
"""The collections that are there for everyone, by their elements of the path; both are without a reference."""
_SHARED_BY_ALIAS: Final = {
    DEFAULT_ALIAS: DEFAULT_ELEMENT,
    DEFAULT_ELEMENT: DEFAULT_ELEMENT,
    SESSION_ALIAS: SESSION_ELEMENT,
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")
_ESCAPED: Final = re.compile(r"(?:[A-Za-z0-9]|_[0-9a-f]{2})+")
_ESCAPE: Final = re.compile(r"_([0-9a-f]{2})")
_OTHER: Final = re.compile(rb"[^A-Za-z0-9]")
_MAX_KEPT: Final = 8192
_ITEM_ELEMENTS: Final = 2


class Place(Enum):
    """What kind of object a path names."""

    SERVICE = auto()
    COLLECTION = auto()
    ALIAS = auto()
    ITEM = auto()
    SESSION = auto()
    PROMPT = auto()
    FOLDER = auto()
    """A path above objects: it has children and no interface of the API."""
    NOTHING = auto()


class Target(msgspec.Struct, frozen=True):
    """What a path names.

    ``collection``: the collection's element of the path. ``group``: its reference, empty for those that are everyone's.
    ``item``: the item's reference. ``name``: of an alias, a session or a prompt.
    """

    place: Place
    path: str
    collection: str = ""
    group: str = ""
    item: str = ""
    name: str = ""

    @property
    def collection_path(self) -> str:
        """The path of the collection that is named, or in which the item is."""
        return COLLECTION_PREFIX + self.collection


def escape(reference: str) -> str:
    """A reference as one element of an object path."""
    if _PLAIN.fullmatch(reference):
        return reference
    return _OTHER.sub(lambda match: b"_%02x" % match[0][0], reference.encode()).decode("ascii")


def unescape(element: str) -> str | None:
    """The reference in an element of a path, or None where ``escape`` never gave that."""
    if not _ESCAPED.fullmatch(element):
        return None
    try:
        reference = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), element).encode("latin-1").decode()
    except UnicodeDecodeError:
        return None
    return reference if escape(reference) == element else None


def collection_path(group: str) -> str:
    """The path of a collection by its reference."""
    return COLLECTION_PREFIX + escape(group)


@lru_cache(maxsize=_MAX_KEPT)
def read_path(path: str) -> Target:
    """What a path names, as far as can be told from the path alone."""
    if path.startswith(COLLECTION_PREFIX):
        return _below_collections(path)
    if path == SERVICE_PATH:
        return Target(Place.SERVICE, path)
    for prefix, place in (
        (ALIAS_PREFIX, Place.ALIAS),
        (SESSION_PREFIX, Place.SESSION),
        (PROMPT_PREFIX, Place.PROMPT),
    ):
        if path.startswith(prefix) and "/" not in (name := path.removeprefix(prefix)):
            if place is Place.ALIAS and (element := _SHARED_BY_ALIAS.get(name)) is not None:
                return Target(Place.COLLECTION, COLLECTION_PREFIX + element, element)
            return Target(place, path, name=name)
    return Target(Place.FOLDER if children(path) else Place.NOTHING, path)


def children(path: str) -> tuple[str, ...]:
    """The elements right below a path that are the same for everyone; what is a caller's own is shown to nobody."""
    if path == SERVICE_PATH:
        return ("aliases", "collection")
    if path + "/" == COLLECTION_PREFIX:
        return SHARED
    if path + "/" == ALIAS_PREFIX:
        return (DEFAULT_ALIAS, SESSION_ALIAS)
    above = path.rstrip("/") + "/"
    return (SERVICE_PATH.removeprefix(above).split("/")[0],) if SERVICE_PATH.startswith(above) else ()


def _below_collections(path: str) -> Target:
    elements = path.removeprefix(COLLECTION_PREFIX).split("/")
    group = "" if elements[0] in SHARED else unescape(elements[0])
    if group is not None and len(elements) == 1:
        return Target(Place.COLLECTION, path, elements[0], group)
    if group is not None and len(elements) == _ITEM_ELEMENTS and (item := unescape(elements[1])) is not None:
        return Target(Place.ITEM, path, elements[0], group, item)
    return Target(Place.NOTHING, path)
