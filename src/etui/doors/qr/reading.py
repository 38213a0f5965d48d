"""Reads the codes out of a picture, in a process of its own that can do nothing else and ends with it.

The picture goes into that process as a file without a name, and its answer comes back as one: neither can be larger
than is said here. What it answers is read as strictly as what a stranger sends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from etui.doors.qr.errors import PictureError
from etui.doors.qr.found import Answer, Found

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 32 << 20
_MAX_ANSWER_BYTES: Final = 1 << 20
_TIMEOUT_S: Final = 60.0
_COMMAND: Final = (sys.executable, "-I", "-m", "etui.doors.qr.picture")


def picture_in(path: Path) -> bytes:
    """The bytes of a file; raises ``PictureError`` for one that is too large or cannot be read."""
    try:
        with path.open("rb") as file:
            return picture_from(file)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}") from None


def picture_from(file: BinaryIO) -> bytes:
    """The bytes of an open file; raises ``PictureError`` for one that is too large, ``OSError`` as reading does."""
    data = file.read(MAX_BYTES + 1)
    _check_size(data)
    return data


def codes_in(picture: bytes) -> tuple[Found, ...]:
    """The QR codes in a picture of PNG, JPEG or GIF (of which the first frame counts).

    Raises ``PictureError`` for what is none, has more than 50 million pixels, or takes too much to decode.
    """
    _check_size(picture)
    answer = _answer(picture)
    if answer.refusal is not None:
        raise PictureError(f"the picture is not read: {answer.refusal.value}")
    return answer.codes


def _check_size(picture: bytes) -> None:
    if len(picture) > MAX_BYTES:
        raise PictureError(f"the picture has more than {MAX_BYTES >> 20} MiB: cut the code out of it")


def _answer(picture: bytes) -> Answer:
    with (
        open(os.memfd_create("picture"), "w+b") as incoming,  # noqa: PTH123  # it has no path
        open(os.memfd_create("answer"), "w+b") as outgoing,  # noqa: PTH123
    ):
        incoming.write(picture)
        incoming.seek(0)
        try:
            ended = subprocess.run(
                _COMMAND,
                stdin=incoming,
                stdout=outgoing,
                stderr=subprocess.PIPE,
                env={},
                cwd="/",
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PictureError("the picture takes too long to decode: cut the code out of it") from None
        outgoing.seek(0)
        answer = outgoing.read(_MAX_ANSWER_BYTES)
    if ended.returncode:
        raise PictureError(_failure(ended.returncode, ended.stderr))
    try:
        return msgspec.json.decode(answer, type=Answer)
    except (ValueError, RecursionError):  # UnicodeDecodeError too
        raise PictureError("what decodes pictures answered something else") from None


def _failure(status: int, complaint: bytes) -> str:
    if b"libseccomp" in complaint:
        return "pictures are decoded behind a filter of system calls, and libseccomp2 is missing: install that package"
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return f"the picture cannot be decoded within the limits: the process that did ended {how}"
