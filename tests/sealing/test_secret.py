"""A secret shows itself to whoever asks by name, and to nobody else."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret

SHOWN = "Secret(…)"


@given(st.binary())
def test_every_way_to_print_a_secret_gives_the_same_word(value: bytes) -> None:
    secret = Secret(value)
    assert {repr(secret), str(secret), f"{secret}", f"{secret!s:>1}", "%s" % secret} == {SHOWN}  # noqa: UP031


def test_a_secret_within_other_values_stays_hidden() -> None:
    secret = Secret(b"hunter2")
    assert "hunter2" not in repr([secret, {"a": secret}, (secret,)])


def test_a_secret_reaches_neither_log_nor_traceback(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(b"hunter2")
    logging.getLogger("test").error("value %s %r", secret, secret)
    text = "".join(traceback.format_exception(ValueError(secret)))
    assert "hunter2" not in caplog.text + text


@given(st.binary(), st.binary())
def test_secrets_are_equal_exactly_when_their_bytes_are(one: bytes, other: bytes) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) == Secret(bytes(one))


def test_a_secret_is_not_equal_to_its_bytes() -> None:
    assert Secret(b"a") != b"a"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_goes_in_and_out_as_utf_8(text: str) -> None:
    secret = Secret.from_text(text)
    assert secret.reveal_text() == text
    assert secret.reveal() == text.encode()
    assert len(secret) == len(text.encode())


def test_what_is_no_text_is_not_revealed_as_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        Secret(b"\xff").reveal_text()


def test_a_secret_is_neither_pickled_nor_copied_nor_hashed() -> None:
    secret = Secret(b"a")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        hash(secret)
