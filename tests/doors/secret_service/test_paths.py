"""Object paths: each leads back to the reference that it was made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.doors.secret_service.lasting import path_of
from etui.doors.secret_service.paths import (
    DEFAULT_PATH,
    SESSION_PATH,
    SHARED,
    Place,
    children,
    collection_path,
    escape,
    read_path,
    unescape,
)
from etui.interfaces import Item

REFERENCES = st.text(min_size=1, max_size=200).filter(lambda text: not any(0xD800 <= ord(c) <= 0xDFFF for c in text))
OBJECT_PATH = re.compile(r"/[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*")


@given(group=st.just("") | REFERENCES.filter(lambda text: text not in SHARED), item=REFERENCES)
def test_a_path_leads_back_to_its_references(group: str, item: str) -> None:
    path = path_of(Item(item=item, kind="note", label="", group=group))
    assert OBJECT_PATH.fullmatch(path)
    target = read_path(path)
    assert (target.place, target.group, target.item) == (Place.ITEM, group, item)
    collection = read_path(collection_path(group) if group else DEFAULT_PATH)
    assert path.startswith(f"{collection.path}/")
    assert collection.path == target.collection_path
    assert (collection.place, collection.group) == (Place.COLLECTION, group)
    assert collection.collection == target.collection


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9_]{1,30}", fullmatch=True))
def test_an_element_has_one_spelling(element: str) -> None:
    reference = unescape(element)
    assert reference is None or escape(reference) == element


@given(st.from_regex(r"(/org/freedesktop/secrets)?(/(collection|aliases|session|prompt|[a-z0-9_]{0,9})){0,5}/?"))
def test_any_path_names_something_or_nothing(path: str) -> None:
    target = read_path(path)
    assert target.place in Place
    assert isinstance(children(path), tuple)


@pytest.mark.parametrize("alias", ["default", "login"])
def test_the_aliases_of_the_default_collection_name_it(alias: str) -> None:
    target = read_path(f"/org/freedesktop/secrets/aliases/{alias}")
    assert (target.place, target.path, target.group) == (Place.COLLECTION, DEFAULT_PATH, "")


def test_the_alias_of_the_collection_of_the_session_names_it() -> None:
    target = read_path("/org/freedesktop/secrets/aliases/session")
    assert (target.place, target.path, target.group) == (Place.COLLECTION, SESSION_PATH, "")


@pytest.mark.parametrize(
    "path",
    [
        "/org/freedesktop/secrets/collection/",
        "/org/freedesktop/secrets/collection/_",
        "/org/freedesktop/secrets/collection/_41",
        "/org/freedesktop/secrets/collection/_C3",
        "/org/freedesktop/secrets/collection/_ff",
        "/org/freedesktop/secrets/collection/login/a/b",
        "/org/freedesktop/secrets/session/a/b",
        "/org/freedesktop/secret",
    ],
)
def test_what_was_never_given_out_names_nothing(path: str) -> None:
    assert read_path(path).place is Place.NOTHING
