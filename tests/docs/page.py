"""A page of documentation as a test reads it: its sections, its tables, its examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
_BLOCK: Final = re.compile(r"^```text ([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


class Example(msgspec.Struct, frozen=True):
    """A message in an example: what it claims to be, which way it goes, and its line."""

    claim: str
    to_router: bool
    line: bytes


class Page:
    """One page of ``docs/``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    def section(self, title: str) -> str:
        """The text below the heading that ends with ``title``, up to the next heading."""
        found = re.search(rf"^#+ (?:\d+ )?{re.escape(title)}\n(.*?)(?=^#|\Z)", self.text, re.MULTILINE | re.DOTALL)
        assert found is not None, title
        return found[1]

    def tables(self, title: str) -> list[list[list[str]]]:
        """The tables of a section, each a list of rows of cells, the heading first."""
        tables: list[list[list[str]]] = []
        inside = False
        for line in self.section(title).splitlines():
            if not line.startswith("|"):
                inside = False
                continue
            if not inside:
                tables.append([])
            inside = True
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not all(re.fullmatch(r"-+", cell) for cell in cells):
                tables[-1].append(cells)
        return tables

    def names(self, title: str, table: int = 0, column: int = 0) -> list[str]:
        """What stands as code in a column of a table, in order."""
        return [name for row in self.tables(title)[table][1:] for name in re.findall(r"`([^`]+)`", row[column])]

    def examples(self) -> list[list[Example]]:
        """The messages of each block of examples."""
        blocks: list[list[Example]] = []
        for claims, body in _BLOCK.findall(self.text):
            whole = re.sub(r"\n +", "", body.rstrip("\n")).split("\n")
            assert len(whole) == len(claims.split()), f"{claims}: {body}"
            blocks.append(
                [
                    Example(claim, line.startswith("-->"), line[4:].encode())
                    for claim, line in zip(claims.split(), whole, strict=True)
                ]
            )
        return blocks

    def code(self, language: str) -> list[str]:
        """The bodies of its fenced blocks of a language, in order."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def anchors(self) -> set[str]:
        """The anchors of its headings, as the usual renderers make them."""
        headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def links(self) -> list[str]:
        """Where its links lead, within the page, the repository and beyond."""
        return re.findall(r"\]\(([^)\s]+)\)", self.text)
