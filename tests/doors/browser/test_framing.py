"""Frames of native messaging, in whatever pieces they come."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.doors.browser.framing import MAX_BYTES, FrameError, Frames, frame


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 40), max_size=40))
def test_texts_come_out_as_they_went_in_however_they_are_cut(texts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(map(frame, texts))
    frames, found, at = Frames(), [], 0
    for size in [*cuts, len(data)]:
        found += frames.feed(data[at : at + size])
        at += size
    assert found == texts


def test_a_length_is_in_the_machines_byte_order() -> None:
    assert frame(b"{}") == struct.pack("=I", 2) + b"{}"


def test_a_frame_that_is_too_long_is_refused_before_it_has_come() -> None:
    with pytest.raises(FrameError, match=str(MAX_BYTES + 1)):
        Frames().feed(struct.pack("=I", MAX_BYTES + 1))
    with pytest.raises(FrameError):
        frame(bytes(MAX_BYTES + 1))
    assert Frames().feed(frame(bytes(MAX_BYTES))) == [bytes(MAX_BYTES)]
