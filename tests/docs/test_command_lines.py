"""Every command of ``etui`` that a page shows: it is there, and takes what stands behind it."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from tests.docs.page import ROOT

from etui.cli.commands import all_commands
from etui.cli.main import build_parser

_BLOCK = re.compile(r"^```(?:sh|text)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^ *(?:\$ )?(etui [a-z].*?)(?: {2,}.*)?$", re.MULTILINE)
_MENTIONED = re.compile(r"`(etui [a-z][^`·]*)`")
_ENDS = frozenset({"--", "<", ">", ">>", "|", "&"})
"""Behind one of these stands nothing of ``etui``'s own."""
_LEFT_OUT = ("expected one argument", "is required")
_REQUIRED = "arguments are required"
PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"  # which tells of other versions too
)


class _Told(argparse.ArgumentParser):
    """Says what is wrong with a command line to the test."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


PARSER = build_parser(_Told)


def _shown(page: str) -> Iterator[str]:
    """The command lines of a page."""
    rest = _FENCED.sub("", page)
    blocks = [*_BLOCK.findall(page), *re.findall(r"^    .*$", rest, re.MULTILINE)]
    lines = [line for block in blocks for line in _LINE.findall(block.replace("\\\n", ""))]
    for line in [*lines, *(re.sub(r"\s+", " ", mentioned) for mentioned in _MENTIONED.findall(rest))]:
        yield from re.split(r"; (?=etui )", line)


def _fault(line: str) -> str:
    """Why ``etui`` does not take it; nothing where it does."""
    words = itertools.takewhile(
        _ENDS.isdisjoint, ([word] for word in shlex.split(line.rstrip(" …"), comments=True)[1:])
    )
    try:
        PARSER.parse_args([word for [word] in words])
    except ValueError as error:
        return f"{line}: {error}"
    return ""


def _leaves_out(fault: str) -> bool:
    """Whether it is only that something is not there which a command needs."""
    return fault.endswith(_LEFT_OUT) or _REQUIRED in fault


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_has_one_type_is_taken(page: Path) -> None:
    faults = [fault for line in _shown((ROOT / page).read_text(encoding="utf-8")) if (fault := _fault(line))]
    assert [fault for fault in faults if not _leaves_out(fault)] == []


def test_every_example_of_a_command_is_taken() -> None:
    commands = [command for section in all_commands().values() for command in section]
    lines = [line for command in commands for line, _ in command.examples if line.startswith("etui ")]
    assert [fault for line in lines if (fault := _fault(line))] == []
