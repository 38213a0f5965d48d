"""Whatever a program sends, it gets an answer or an error, and the door lives on."""

# ruff: noqa: ANN401, PLR0913, PLR0917  # a call has these parts, of any type

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import DEFAULT, LOGIN, DBusError, Program
from tests.fuzz.bus import METHODS, PATHS, split
from tests.fuzz.surface import resident_kib

from etui.standards.secretservice.names import (
    COLLECTION,
    INTROSPECTABLE,
    ITEM,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SERVICE_PATH,
    SESSION,
)

pytestmark = pytest.mark.usefixtures("door")

BASIC: dict[str, st.SearchStrategy[Any]] = {
    "y": st.integers(0, 255),
    "b": st.booleans(),
    "n": st.integers(-(2**15), 2**15 - 1),
    "q": st.integers(0, 2**16 - 1),
    "i": st.integers(-(2**31), 2**31 - 1),
    "u": st.integers(0, 2**32 - 1),
    "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1),
    "d": st.floats(),
    "s": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "o": st.from_regex(r"/|(/[A-Za-z0-9_]{1,20}){1,6}", fullmatch=True)
    | st.sampled_from([LOGIN, DEFAULT, LOGIN + "/r1_2eAAAA", SERVICE_PATH, SERVICE_PATH + "/session/s1"]),
    "g": st.sampled_from(["", "s", "a{sv}", "(oayays)"]),
}
KEYS = "".join(BASIC).replace("d", "")
KINDS = st.recursive(
    st.sampled_from([*BASIC, "v"]),
    lambda inner: st.one_of(
        inner.map(lambda kind: "a" + kind),
        st.tuples(st.sampled_from(KEYS), inner).map(lambda pair: f"a{{{pair[0]}{pair[1]}}}"),
        st.lists(inner, min_size=1, max_size=4).map(lambda kinds: f"({''.join(kinds)})"),
    ),
    max_leaves=5,
)


def values(kind: str) -> st.SearchStrategy[Any]:
    if kind == "v":
        return KINDS.flatmap(lambda inner: st.tuples(st.just(inner), values(inner)))
    if kind == "ay":
        return st.binary(max_size=40)
    if kind.startswith("a{"):
        return st.dictionaries(values(kind[2]), values(kind[3:-1]), max_size=3)
    if kind.startswith("a"):
        return st.lists(values(kind[1:]), max_size=3)
    if kind.startswith("("):
        return st.tuples(*(values(member) for member in split(kind[1:-1])))
    return BASIC[kind]


BODIES = st.lists(KINDS, max_size=3).flatmap(
    lambda kinds: st.tuples(st.just("".join(kinds)), st.tuples(*(values(kind) for kind in kinds)))
)
FITTING = st.sampled_from(METHODS).flatmap(
    lambda method: st.tuples(
        st.just(method[:2]),
        st.just(method[2]),
        st.tuples(*(values(kind) for kind in split(method[2]))),
    )
)
PATHS_NAMED = st.sampled_from(PATHS)
FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def program(environ: dict[str, str]) -> Iterator[Program]:
    with Program(environ) as started:
        yield started


def answered(program: Program, path: str, interface: str | None, member: str, signature: str, body: Any) -> None:
    try:
        program.call(path, interface, member, signature, *body)
    except DBusError as error:
        assert error.name.startswith("org.freedesktop."), error  # noqa: PT017
        assert "the door failed" not in error.text, error  # noqa: PT017
        assert "internal error" not in error.text, error  # noqa: PT017


@FUZZ
@given(path=PATHS_NAMED, method=st.sampled_from(METHODS), body=BODIES)
def test_a_body_that_does_not_fit_is_answered(program: Program, path: str, method: Any, body: Any) -> None:
    answered(program, path, method[0], method[1], *body)
    assert program.get(LOGIN, COLLECTION, "Locked") is False


@FUZZ
@given(path=PATHS_NAMED, call=FITTING)
@example(
    path=LOGIN,
    call=((COLLECTION, "CreateItem"), "a{sv}(oayays)b", ({f"{ITEM}.Label": ("u", 1)}, ("/", b"", b"", ""), True)),
)
@example(path=SERVICE_PATH, call=((SERVICE, "OpenSession"), "sv", ("plain", ("v", ("as", ["x"])))))
def test_a_body_that_fits_is_answered_whatever_it_says(program: Program, path: str, call: Any) -> None:
    (interface, member), signature, body = call
    answered(program, path, interface, member, signature, body)
    program.call(SERVICE_PATH, SERVICE, "Unlock", "ao", [LOGIN])
    assert program.get(LOGIN, COLLECTION, "Locked") is False


@pytest.mark.attack(48)
def test_signatures_of_which_no_two_are_alike_do_not_fill_the_door(
    door: DoorProcess, program: Program, chance: random.Random
) -> None:
    before = resident_kib(door.process.pid)
    for _ in range(1500):
        answered(program, SERVICE_PATH, SERVICE, "OpenSession", "".join(chance.choices("ynqiuxt", k=255)), [0] * 255)
    assert resident_kib(door.process.pid) - before < 24 << 10


@pytest.mark.parametrize(
    ("path", "interface", "member", "name"),
    [
        ("/a/b", SERVICE, "SearchItems", "NoSuchObject"),
        (SERVICE_PATH + "/collection/no-such", None, "Delete", "NoSuchObject"),
        (SERVICE_PATH, SERVICE, "Fly", "UnknownMethod"),
        (SERVICE_PATH, "org.example.Other", "SearchItems", "UnknownMethod"),
        (SERVICE_PATH, ITEM, "GetSecret", "UnknownMethod"),
        (LOGIN, SERVICE, "OpenSession", "UnknownMethod"),
        (SERVICE_PATH, SERVICE, "SearchItems", "InvalidArgs"),
    ],
)
def test_what_is_not_there_has_an_error_of_its_own(
    program: Program, path: str, interface: str | None, member: str, name: str
) -> None:
    with pytest.raises(DBusError, match=name):
        program.call(path.replace("no-such", "_zz"), interface, member)


def test_a_call_without_an_interface_finds_its_method(program: Program) -> None:
    assert program.call(SERVICE_PATH, None, "ReadAlias", "s", "default")[0] == LOGIN
    assert program.call(LOGIN, None, "Get", "ss", COLLECTION, "Locked")[0] == ("b", False)


@pytest.mark.parametrize(
    ("path", "interface", "child"),
    [
        ("/", None, "org"),
        ("/org/freedesktop", None, "secrets"),
        (SERVICE_PATH, SERVICE, "collection"),
        (SERVICE_PATH + "/collection", None, "login"),
        (LOGIN, COLLECTION, None),
        (LOGIN + "/r1_2eAAAA", ITEM, None),
        (SERVICE_PATH + "/session/s1", SESSION, None),
        (SERVICE_PATH + "/prompt/p1", PROMPT, None),
    ],
)
def test_every_object_says_what_it_is(program: Program, path: str, interface: str | None, child: str | None) -> None:
    tree = ET.fromstring(program.call(path, INTROSPECTABLE, "Introspect")[0])
    interfaces = [node.get("name") for node in tree.findall("interface")]
    assert interfaces[:-3] == ([interface] if interface else [])
    assert PROPERTIES in interfaces
    children = [node.get("name") for node in tree.findall("node")]
    assert (child in children) if child else not children
