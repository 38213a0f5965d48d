"""The plugin's two state machines: what they answer to age, and to what is no age."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.doors.age import wallet
from etui.doors.age.plugin import decrypt, encrypt
from etui.doors.age.talk import Talk
from etui.standards.age import AgeError, Stanza, StanzaReader, base64, encode_stanza, plugin_identity, recipient

IDENTITY = plugin_identity("etui", bytes(range(32)))
SHARE, BODY = base64(b"\x09" + bytes(31)), bytes(32)
LOW_ORDER = "X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEdc"  # of C2SP's test suite, x25519_low_order
OKS = [Stanza(("ok",))] * 50
DONE = Stanza(("done",))
COMMANDS = st.sampled_from(["add-identity", "add-recipient", "recipient-stanza", "wrap-file-key", "msg", "random"])
WORDS = st.sampled_from([IDENTITY, recipient(bytes(range(32))), "0", "1", "X25519", SHARE, "scrypt", "x"])


def answers(machine: Callable[[Talk], None], *commands: Stanza) -> list[Stanza]:
    """What the plugin says to these commands, when age says ok to everything."""
    said = io.BytesIO()
    machine(Talk(io.BytesIO(b"".join(map(encode_stanza, [*commands, DONE, *OKS]))), said))
    reader = StanzaReader()
    lines = (reader.line(line) for line in said.getvalue().splitlines(keepends=True))
    return [stanza for stanza in lines if stanza is not None]


def test_a_file_key_is_wrapped_to_each_in_a_stanza_that_everybody_knows() -> None:
    grease = Stanza(("add-nothing", "x"), b"?")
    identity = Stanza(("add-identity", IDENTITY))
    keys = [Stanza(("wrap-file-key",), bytes([number]) * 16) for number in range(2)]
    *stanzas, last = answers(encrypt, grease, identity, *keys, identity)
    assert last == DONE
    assert [stanza.arguments[:3] for stanza in stanzas] == [
        ("recipient-stanza", file, "X25519") for file in ("0", "1", "0", "1")
    ]
    assert len({stanza.body for stanza in stanzas}) == 4, "each has an ephemeral key of its own"


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (Stanza(("add-recipient", "age1etui1qqqq")), "recipient"),
        (Stanza(("add-recipient", IDENTITY)), "recipient"),
        (Stanza(("add-identity", "AGE-PLUGIN-ETUI-1")), "identity"),
        (Stanza(("add-identity", plugin_identity("etui", bytes(32)))), "identity"),
    ],
    ids=["mistyped", "of another kind", "empty", "of low order"],
)
def test_who_cannot_be_encrypted_to_is_said_and_nothing_is_encrypted_to_the_others(command: Stanza, place: str) -> None:
    identity = Stanza(("add-identity", IDENTITY))
    first = [identity] if place == "identity" else []
    said = answers(encrypt, *first, command, identity, Stanza(("wrap-file-key",), bytes(16)))
    assert [stanza.arguments for stanza in said] == [("error", place, str(len(first))), ("done",)]


def test_a_bad_identity_is_said_and_none_is_used() -> None:
    commands = [Stanza(("add-identity", word)) for word in (IDENTITY, "AGE-PLUGIN-OTHER-1")]
    said = answers(decrypt, *commands, Stanza(("recipient-stanza", "0", "X25519", SHARE), BODY))
    assert [stanza.arguments for stanza in said] == [("error", "identity", "1"), ("done",)]


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ((), BODY),
        ((SHARE, "more"), BODY),
        (("A" * 42,), BODY),
        ((SHARE + "=",), BODY),
        ((SHARE,), BODY + b"\0"),
        (("A" * 43,), BODY),
        ((LOW_ORDER,), BODY),
    ],
    ids=["no share", "more", "a short share", "padding", "a long body", "the identity point", "a share of low order"],
)
def test_a_stanza_that_is_not_formed_as_one_is_said_and_its_file_left(words: tuple[str, ...], body: bytes) -> None:
    commands = [
        Stanza(("add-identity", IDENTITY)),
        Stanza(("recipient-stanza", "0", "ssh-ed25519", "x"), BODY),
        Stanza(("recipient-stanza", "0", "X25519", *words), body),
    ]
    said = answers(decrypt, *commands)
    assert [stanza.arguments for stanza in said] == [("error", "stanza", "0", "1"), ("done",)]


def test_what_is_not_for_this_plugin_is_passed_over_without_a_wallet() -> None:
    commands = [
        Stanza(("add-identity", IDENTITY)),
        Stanza(("grease", "x"), b"?"),
        Stanza(("recipient-stanza", "0", "scrypt", "salt", "18"), BODY),
    ]
    assert answers(decrypt, *commands) == [DONE]


@given(
    st.lists(st.builds(lambda tag, words, body: Stanza((tag, *words), body), COMMANDS, st.lists(WORDS), st.binary()))
)
def test_whatever_age_says_the_plugin_ends_in_order(commands: list[Stanza]) -> None:
    commands = [command for command in commands if command.arguments[2:3] != ("X25519",)]  # those are for the wallet
    for machine in (encrypt, decrypt):
        try:
            said = answers(machine, *commands)
        except (AgeError, EOFError):
            continue
        assert said[-1] == DONE
        assert {stanza.tag for stanza in said[:-1]} <= {"recipient-stanza", "error", "file-key"}


def test_what_the_wallet_says_does_not_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refuses:
        def __init__(self, _: object) -> None:
            raise wallet.WalletError("no\x1b]0;owned\x07\n-> done\u202e")

    monkeypatch.setattr(wallet, "Wallet", Refuses)
    commands = [
        Stanza(("add-identity", IDENTITY)),
        Stanza(("recipient-stanza", "0", "X25519", SHARE), BODY),
    ]
    said, last = answers(decrypt, *commands)
    assert last == DONE
    assert said.arguments == ("error", "identity", "0")
    assert said.body == b"etui: no ]0;owned  -> done "


def test_a_talk_that_ends_early_ends_the_plugin() -> None:
    with pytest.raises(EOFError):
        decrypt(Talk(io.BytesIO(b"-> add-identity x\n"), io.BytesIO()))
