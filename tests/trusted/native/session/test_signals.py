"""Whatever is in a signal or a reply, it is read as what it says, or as nothing."""

from __future__ import annotations

from dbus_fast import Message, MessageType, Variant
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.native.session.signals import PROPERTIES, changed, path_in, says_true, value_in

IFACE = "org.example.Thing"

leaves = st.one_of(
    st.tuples(st.just("b"), st.booleans()),
    st.tuples(st.just("u"), st.integers(0, 2**32 - 1)),
    st.tuples(st.sampled_from(["s", "o", "g"]), st.text(max_size=8)),
    st.tuples(st.just("ab"), st.lists(st.booleans(), max_size=3)),
)
variants = leaves.map(lambda pair: Variant(pair[0], pair[1], verify=False))
values = st.one_of(
    leaves,
    variants.map(lambda held: ("v", held)),
    st.dictionaries(st.sampled_from(["Active", "LockedHint", "Name"]), variants).map(lambda held: ("a{sv}", held)),
    st.just(("s", IFACE)),
    st.just(("as", ["Active"])),
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    parts = draw(st.lists(values, max_size=3))
    return Message(
        message_type=MessageType.SIGNAL,
        path="/",
        interface=draw(st.sampled_from([PROPERTIES, IFACE])),
        member=draw(st.sampled_from(["PropertiesChanged", "Other"])),
        signature="".join(signature for signature, _ in parts),
        body=[value for _, value in parts],
        validate=False,
    )


@given(messages())
def test_only_one_boolean_that_is_true_says_true(message: Message) -> None:
    assert says_true(message) == (message.signature == "b" and message.body == [True])


@given(messages())
def test_only_one_object_path_is_a_path(message: Message) -> None:
    assert path_in(message) == (message.body[0] if message.signature == "o" else "")


@given(messages())
def test_only_a_value_of_the_type_that_was_asked_for_is_one(message: Message) -> None:
    held = message.body[0].value if message.signature == "v" and message.body[0].signature == "b" else None
    assert value_in(message, "b") is held


@given(messages())
def test_only_booleans_of_the_interface_have_changed(message: Message) -> None:
    found = changed(message, IFACE)
    assert all(value is True or value is False for value in found.values())
    if found:
        assert message.signature == "sa{sv}as"
        assert message.body[0] == IFACE


def test_what_has_changed_is_found() -> None:
    held = {"Active": Variant("b", False), "Name": Variant("s", "x")}  # noqa: FBT003  # the library's signature
    body = [IFACE, held, []]
    message = Message(
        message_type=MessageType.SIGNAL,
        path="/",
        interface=PROPERTIES,
        member="PropertiesChanged",
        signature="sa{sv}as",
        body=body,
    )
    assert changed(message, IFACE) == {"Active": False}
    assert changed(message, "org.example.Other") == {}


def test_no_reply_says_nothing() -> None:
    assert not says_true(None)
    assert path_in(None) == ""
    assert value_in(None, "b") is None
