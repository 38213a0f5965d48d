"""SECURITY.md and the tests: each attack in it has a test of its number, and each such test an attack."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| A(\d+) \|", re.MULTILINE)
_MARK = re.compile(r"pytest\.mark\.attack\((\d+)\)")


def numbered() -> list[int]:
    return [int(number) for number in _ROW.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))]


def numbers_in_tests() -> set[int]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {int(number) for text in texts for number in _MARK.findall(text)}


def test_attacks_are_numbered_in_order_from_one() -> None:
    assert numbered() == list(range(1, len(numbered()) + 1))


def test_each_attack_has_a_test_that_carries_its_number_and_no_test_an_attack_that_is_none() -> None:
    assert numbers_in_tests() == set(numbered())


def test_each_actor_that_is_named_has_an_attack_and_each_attack_an_actor_that_is_named() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| \*\*(\w+)\*\* \|", text, re.MULTILINE))
    acting = {who for cell in re.findall(r"^\| A\d+ \| ([^|]+) \|", text, re.MULTILINE) for who in cell.split(", ")}
    assert named
    assert acting == named
