"""The struct of a secret, and what the interfaces say of themselves."""

from __future__ import annotations

import pytest
from dbus_fast.introspection import Node
from dbus_fast.signature import get_signature_tree
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.secretservice import INTERFACES, Secret, SecretFormError, introspection
from etui.standards.secretservice.names import INTROSPECTABLE, PEER, PROPERTIES

ANYTHING = st.none() | st.integers() | st.text() | st.binary() | st.lists(st.integers() | st.text(), max_size=3)


@given(st.text(), st.binary(), st.binary(), st.text())
def test_a_secret_comes_back_from_its_struct(session: str, parameters: bytes, value: bytes, kind: str) -> None:
    secret = Secret(session, parameters, value, kind)
    assert Secret.from_wire(secret.wire()) == secret
    assert Secret.from_wire(tuple(secret.wire())) == secret


@given(ANYTHING | st.lists(ANYTHING, max_size=5))
def test_anything_else_is_refused(body: object) -> None:
    try:
        assert isinstance(Secret.from_wire(body), Secret)
    except SecretFormError as error:
        assert error.code == "secret_form"  # noqa: PT017


def test_an_empty_array_may_come_as_a_list_and_no_other() -> None:
    assert Secret.from_wire(["/s", [], [], "t"]).value == b""
    with pytest.raises(SecretFormError):
        Secret.from_wire(["/s", b"", [1], "t"])


def test_a_secret_is_not_shown() -> None:
    assert "pw" not in repr(Secret("/s", b"", b"pw"))


@pytest.mark.parametrize("name", sorted(set(INTERFACES) - {PROPERTIES, INTROSPECTABLE, PEER}))
def test_introspection_says_what_the_table_does(name: str) -> None:
    node = Node.parse(introspection([name], ["a", "b<"]))
    assert [child.name for child in node.nodes] == ["a", "b<"]
    assert [i.name for i in node.interfaces] == [name, PROPERTIES, INTROSPECTABLE, PEER]
    for interface in node.interfaces:
        table = INTERFACES[interface.name]
        assert {m.name: (m.in_signature, m.out_signature) for m in interface.methods} == {
            member: (method.signature, method.answer_signature) for member, method in table.methods.items()
        }
        assert {s.name: s.signature for s in interface.signals} == {
            member: "".join(kind for _, kind in arguments) for member, arguments in table.signals.items()
        }
        assert {p.name: (p.signature, p.access.value) for p in interface.properties} == {
            member: (held.type, "readwrite" if held.writable else "read") for member, held in table.properties.items()
        }


def test_every_signature_is_one() -> None:
    for interface in INTERFACES.values():
        for method in interface.methods.values():
            assert len(get_signature_tree(method.signature).types) == len(method.takes)
            assert len(get_signature_tree(method.answer_signature).types) == len(method.gives)
