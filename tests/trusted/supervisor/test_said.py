"""What an Extension says on standard error reaches the wallet's own as text, under its name, and not without end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.supervisor.said import Said, _printed

PATIENCE_S = 60.0


def said(path: Path, speak: Callable[[int], object]) -> str:
    """What arrives of what is spoken by a process that then ends."""

    async def run() -> None:
        output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        heard = Said("org.example.loud", output)
        await asyncio.to_thread(speak, heard.end)
        heard.handed_over()
        heard.finish()
        heard.finish()
        os.close(output)

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))
    return path.read_text(encoding="utf-8")


def test_each_line_bears_the_name_of_who_said_it(tmp_path: Path) -> None:
    text = said(tmp_path / "log", lambda end: os.write(end, b"one\n\ntwo\nrouter: three"))
    assert text.splitlines() == [f"org.example.loud: {line}" for line in ("one", "", "two", "router: three")]


@pytest.mark.attack(51)
def test_nothing_that_a_terminal_obeys_is_passed_on(tmp_path: Path) -> None:
    spoken = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b1A\r\x00\u202e\u200bPassphrase:\u2028\n".encode()
    (line,) = said(tmp_path / "log", lambda end: os.write(end, spoken)).split("\n")[:-1]
    assert line.isprintable()
    assert line.endswith("�Passphrase:�")


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_what_is_passed_on_is_printed(line: bytes) -> None:
    assert _printed(line).isprintable()


@pytest.mark.attack(51)
def test_who_never_stops_fills_nothing_and_is_told_of_once(tmp_path: Path) -> None:
    def speak(end: int) -> None:
        for _ in range(64):
            os.write(end, b"x" * 15_000 + b"\n" * 1000)

    text = said(tmp_path / "log", speak)
    assert len(text) < 80_000
    assert text.count("some of it is left out") == 1


@pytest.mark.attack(51)
def test_where_nobody_reads_on_nobody_waits() -> None:
    async def run() -> int:
        reader, output = os.pipe()
        heard = Said("org.example.loud", output)
        await asyncio.to_thread(os.write, heard.end, b"y" * 60_000 + b"\n")
        await asyncio.to_thread(os.write, heard.end, b"z" * 60_000 + b"\n")
        heard.handed_over()
        heard.finish()
        os.close(output)
        return len(os.read(reader, 1 << 20))

    assert 30_000 < asyncio.run(asyncio.wait_for(run(), PATIENCE_S)) <= 65_536
