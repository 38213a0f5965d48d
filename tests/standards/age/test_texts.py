"""Bech32, the texts of keys, and stanzas: what was published, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from etui.standards import age
from etui.standards.age.x25519 import unwrapped, wrapped

# C2SP, age.md, "The X25519 recipient type" and "X25519 recipient stanza".
SECRET_KEY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

# BIP 173, "Test vectors"; the last of the valid ones is longer than BIP 173 has it, which age allows.
VALID = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
]
INVALID = [
    "\x201nwldj5",
    "\x7f1axkwrx",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    "a12UEL5L",
    "\x801eym55h",
    "",
]
TOKENS = st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1), min_size=1)


def test_the_published_secret_key_has_the_published_recipient() -> None:
    private = age.read_secret_key(SECRET_KEY)
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert age.recipient(public) == RECIPIENT
    assert age.read_recipient(RECIPIENT) == public
    assert age.secret_key(private) == SECRET_KEY


@pytest.mark.parametrize("text", VALID)
def test_published_bech32_is_read_or_refused_for_its_padding_alone(text: str) -> None:
    try:
        prefix, data = age.read_bech32(text)
    except age.AgeError as error:
        assert "padded" in str(error)  # noqa: PT017  # those vectors are no bytes
    else:
        assert age.bech32(prefix, data) == text.lower()


@pytest.mark.parametrize("text", INVALID)
def test_what_was_published_as_invalid_is_refused(text: str) -> None:
    with pytest.raises(age.AgeError):
        age.read_bech32(text)


@given(
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        min_size=1,
    ),
    st.binary(),
)
def test_bech32_is_read_as_it_was_written_and_one_wrong_letter_is_found(prefix: str, data: bytes) -> None:
    text = age.bech32(prefix, data)
    assert age.read_bech32(text) == (prefix, data)
    assert age.read_bech32(text.upper()) == (prefix, data)
    wrong = text[:-1] + ("q" if text[-1] != "q" else "p")
    with pytest.raises(age.AgeError):
        age.read_bech32(wrong)


@pytest.mark.parametrize(
    "read",
    [
        age.read_recipient,
        age.read_secret_key,
        lambda text: age.read_plugin_identity(text, "etui"),
        lambda text: age.read_plugin_recipient(text, "etui"),
    ],
)
def test_a_key_of_another_kind_or_length_is_refused(read: Callable[[str], bytes]) -> None:
    key = bytes(range(32))
    for text in (
        age.bech32("age", key[:-1]),
        age.bech32("age-secret-key-", key + b"\0"),
        age.bech32("age-plugin-etui-", key),
        age.bech32("age-plugin-etui-", b"\x02" + key),
        age.bech32("age1etui", b"\x02" + key),
        age.bech32("other", key),
    ):
        with pytest.raises(age.AgeError):
            read(text)


def test_what_a_plugin_names_is_the_public_part() -> None:
    key = bytes(range(32))
    identity = age.plugin_identity("etui", key)
    assert identity.startswith("AGE-PLUGIN-ETUI-1")
    assert age.read_plugin_identity(identity, "etui") == key
    with pytest.raises(age.AgeError, match="no identity"):
        age.read_plugin_identity(identity, "other")


def read(text: bytes) -> list[age.Stanza]:
    reader = age.StanzaReader()
    return [stanza for line in text.splitlines(keepends=True) if (stanza := reader.line(line)) is not None]


@given(st.lists(st.builds(age.Stanza, TOKENS.map(tuple), st.binary(max_size=200))))
def test_stanzas_are_read_as_they_were_written(stanzas: list[age.Stanza]) -> None:
    assert read(b"".join(map(age.encode_stanza, stanzas))) == stanzas


@given(st.binary() | st.text("->= Aa\n").map(str.encode))
def test_whatever_comes_is_a_stanza_or_refused(text: bytes) -> None:
    reader = age.StanzaReader()
    for line in text.split(b"\n"):
        try:
            stanza = reader.line(line + b"\n")
        except age.AgeError:
            return
        assert stanza is None or read(age.encode_stanza(stanza)) == [stanza]


@pytest.mark.parametrize(
    "text",
    [
        b"done\n",
        b"->  two spaces\n",
        b"-> \n",
        b"-> \xc3\xa9\n",
        b"-> a\tb\n",
        b"-> a\nAA==\n",
        b"-> a\nAB\n",
        b"-> a\nA\n",
        b"-> a\n-\n",
        b"-> a\n" + b"A" * 65 + b"\n",
        b"-> a",
    ],
)
def test_a_stanza_of_another_form_is_refused(text: bytes) -> None:
    with pytest.raises(age.AgeError):
        read(text)


def test_a_file_key_is_unwrapped_by_its_key_alone_and_whatever_is_wrong_looks_alike() -> None:
    ours, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    share, body = wrapped(b"sixteen bytes ok", ours.public_key().public_bytes_raw())
    assert unwrapped(ours, share, body) == b"sixteen bytes ok"
    low_order = bytes(32)
    for key, given_share, given_body in (
        (other, share, body),
        (ours, other.public_key().public_bytes_raw(), body),
        (ours, share, body[:-1] + bytes([body[-1] ^ 1])),
        (ours, share, body[:-1]),
        (ours, share, body + b"\0"),
        (ours, share[:-1], body),
        (ours, low_order, body),
        (ours, *wrapped(b"seventeen bytes..", ours.public_key().public_bytes_raw())),
    ):
        assert unwrapped(key, given_share, given_body) is None


def test_a_recipient_of_low_order_is_refused() -> None:
    with pytest.raises(age.AgeError, match="low order"):
        wrapped(bytes(16), bytes(32))
