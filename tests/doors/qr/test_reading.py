"""Codes out of pictures: what is read, and what becomes of a picture that is made to do harm."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.doors.qr.pictures import bomb, picture, see_through, text_bomb
from tests.standards.emvqr.codes import SHOP

from etui.doors.qr import PictureError, codes_in, picture_in, reading
from etui.doors.qr.reading import MAX_BYTES
from etui.standards.emvqr import encode

if TYPE_CHECKING:
    from pathlib import Path

CODE = encode(SHOP)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_code_is_read_out_of_each_format(kind: str) -> None:
    assert [found.payload for found in codes_in(picture(CODE, kind=kind))] == [CODE]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_code_on_a_see_through_ground_is_read_as_on_paper(kind: str) -> None:
    assert [found.payload for found in codes_in(see_through(CODE, kind))] == [CODE]


def test_every_code_is_found_with_its_place_and_its_very_bytes() -> None:
    other = "最佳运输".encode()
    found = codes_in(picture(CODE, other))
    assert {one.payload for one in found} == {CODE, other}
    places = {one.payload: one.x for one in found}
    assert places[CODE] < places[other]
    assert codes_in(picture()) == ()


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "WEBP", "PPM"])
def test_other_formats_are_not_even_tried(kind: str) -> None:
    with pytest.raises(PictureError, match="no picture of PNG, JPEG or GIF"):
        codes_in(picture(CODE, kind=kind))


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"%!PS-Adobe", b"<svg/>"])
def test_what_is_no_picture_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(PictureError):
        codes_in(data)


def test_a_picture_that_breaks_off_is_damaged() -> None:
    whole = picture(CODE)
    with pytest.raises(PictureError, match="damaged"):
        codes_in(whole[: len(whole) // 2])


@pytest.mark.attack(134)
def test_a_picture_that_says_it_is_huge_is_not_unpacked() -> None:
    for size in ((60_000, 60_000), (1, 2**31 - 1), (50_000_001, 1)):
        with pytest.raises(PictureError, match="million pixels"):
            codes_in(bomb(*size))


@pytest.mark.attack(134)
def test_a_picture_that_unpacks_to_far_more_than_it_says_is_damaged_or_holds_nothing() -> None:
    packer = zlib.compressobj(9)
    compressed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(128)) + packer.flush()
    try:
        assert codes_in(bomb(100, 100, compressed=compressed)) == ()
    except PictureError as error:
        assert "damaged" in str(error)  # noqa: PT017  # either will do


@pytest.mark.attack(134)
def test_a_text_that_unpacks_to_hundreds_of_megabytes_ends_the_reading() -> None:
    with pytest.raises(PictureError, match="damaged"):
        codes_in(text_bomb(CODE))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    with file.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(PictureError, match="32 MiB"):
        picture_in(file)
    with pytest.raises(PictureError, match="32 MiB"):
        codes_in(bytes(MAX_BYTES + 1))
    with pytest.raises(PictureError, match="cannot be read"):
        picture_in(tmp_path / "nowhere.png")


@given(st.binary(max_size=200), st.integers(0, 10_000))
@settings(max_examples=15)
def test_bytes_that_were_changed_are_codes_or_an_error_of_this_room(change: bytes, at: int) -> None:
    whole = picture(CODE)
    at %= len(whole)
    try:
        found = codes_in(whole[:at] + change + whole[at + len(change) :])
    except PictureError:
        return
    assert {one.payload for one in found} <= {CODE}


_TRIES = {
    "open a file": "open('/etc/passwd')",
    "make a file": "open('/tmp/etui-was-here', 'w')",
    "reach somebody": "import socket; socket.socket()",
    "start a program": "import os; os.execv('/bin/true', ['true'])",
    "start a process": "import os; os.fork()",
    "look into another": "import os; os.kill(os.getppid(), 0)",
    "take memory": "bytearray(2 << 30)",
    "have a descriptor": "import os; os.dup(0)",
}


@pytest.mark.attack(134)
@pytest.mark.parametrize("program", _TRIES.values(), ids=_TRIES.keys())
def test_what_decodes_pictures_can_do_nothing_else(program: str) -> None:
    confined = f"import socket\nfrom etui.doors.qr.limits import confine\nconfine()\ntry:\n    {program}\n"
    confined += "except (OSError, MemoryError):\n    print('refused')\nelse:\n    print('done')\n"
    ended = subprocess.run([sys.executable, "-c", confined], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "refused\n", ended.stderr


def test_what_decodes_pictures_writes_no_more_than_an_answer_and_works_for_a_while_only() -> None:
    start = "from etui.doors.qr.limits import confine; import os; confine()\n"
    endless = "while True: os.write(1, bytes(65536))\n"
    with open(os.memfd_create("answer"), "w+b") as answer:  # noqa: PTH123  # it has no path
        ended = subprocess.run([sys.executable, "-c", start + endless], stdout=answer, timeout=60, check=False)
        assert ended.returncode != 0
        assert answer.seek(0, os.SEEK_END) == 1 << 20
    waiting = "os.write(1, b'.'); os.read(0, 1)\n"
    with subprocess.Popen(
        [sys.executable, "-c", start + waiting], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"."
        assert resource.prlimit(process.pid, resource.RLIMIT_CPU) == (20, 20)
        process.communicate(b"!", timeout=60)


@pytest.mark.attack(134)
@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("print('no answer')", "answered something else"),
        ('print(\'{"codes": [{"payload": "", "x": "left", "y": 0}]}\')', "answered something else"),
        ('print(\'{"refusal": "give it up"}\')', "answered something else"),
        ("import sys; sys.stdout.write('x' * (4 << 20))", "answered something else"),
        ('import sys; sys.stdout.buffer.write(b\'{"refusal": "\\xff"}\')', "answered something else"),
        ("import sys; sys.stdout.write('{\"more\": ' + '[' * 5000)", "answered something else"),
        ("import os; os.abort()", "by signal 6"),
        ("import time; time.sleep(600)", "too long"),
        ("raise RuntimeError('Unable to find libseccomp')", "install that package"),
    ],
)
def test_what_was_taken_over_gets_nothing_by_its_answer(
    monkeypatch: pytest.MonkeyPatch, program: str, what: str
) -> None:
    monkeypatch.setattr(reading, "_COMMAND", (sys.executable, "-I", "-c", program))
    monkeypatch.setattr(reading, "_TIMEOUT_S", 5.0)
    with pytest.raises(PictureError, match=what):
        codes_in(picture(CODE))
