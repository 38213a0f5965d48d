"""A secret goes into pipes and sockets, whole or not at all, and never waits."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from etui.doors.portal.handing import HandingError, hand_over

SECRET = bytes(range(64))


def test_a_pipe_and_a_socket_get_all_of_it_and_stay_as_they_are() -> None:
    reading, writing = os.pipe()
    hand_over(writing, SECRET)
    assert os.get_blocking(writing)
    assert os.read(reading, 100) == SECRET
    ours, theirs = socket.socketpair()
    hand_over(theirs.fileno(), SECRET)
    assert theirs.getblocking()
    assert ours.recv(100) == SECRET
    for descriptor in (reading, writing):
        os.close(descriptor)
    ours.close()
    theirs.close()


def test_what_has_no_room_or_no_reader_or_is_something_else_gets_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.write(writing, bytes(1 << 20))
    os.set_blocking(writing, True)
    with pytest.raises(HandingError, match="does not take its secret"):
        hand_over(writing, SECRET)
    os.close(reading)
    with pytest.raises(HandingError, match="does not take its secret"):
        hand_over(writing, SECRET)
    os.close(writing)
    file = os.open(tmp_path / "file", os.O_CREAT | os.O_RDWR)
    with pytest.raises(HandingError, match="neither a pipe nor a socket"):
        hand_over(file, SECRET)
    os.close(file)
    assert (tmp_path / "file").read_bytes() == b""
