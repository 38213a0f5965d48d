"""docs/manifest.md against the reader of manifests: every key, type, default and limit, and what its example shows."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, Final

import msgspec
import pytest
from msgspec import inspect
from tests.docs.page import ROOT, Page

from etui.trusted.package import Limit, Line, Link, Manifest, Permissions, Quota, Rule, Verified, read_manifest
from etui.trusted.package import manifest as reader
from etui.trusted.package.accessibility import MAX_RULES
from etui.trusted.package.contents import MAX_LOGO_BYTES, MAX_LOGO_PIXELS, SERVED_BY_THE_WALLET
from etui.trusted.package.paths import MAX_PATH_BYTES
from etui.trusted.package.summary import summarise
from etui.trusted.package.versions import MAX_VERSION_CHARACTERS

PAGE: Final = Page(ROOT / "docs/manifest.md")
TABLES: Final = [
    (Manifest, "The keys", 0),
    (Permissions, "permissions", 0),
    (Quota, "quota", 0),
    (Link, "links", 0),
    (Rule, "accessibility.rules", 0),
    (Limit, "accessibility.rules", 1),
]
"""Each struct of the manifest, and the section and number of its table."""
STRUCTS: Final = [(struct, PAGE.tables(section)[number][1:]) for struct, section, number in TABLES]
FIELDS: Final = [
    pytest.param(field, row, id=f"{struct.__name__}.{field.encode_name}")
    for struct, rows in STRUCTS
    for field, row in zip(inspect.type_info(struct).fields, rows, strict=True)  # type: ignore[attr-defined]
]
EXAMPLE: Final = re.findall(r"^```toml\n(.*?)^```", PAGE.text, re.MULTILINE | re.DOTALL)[0]


def word_of(kind: inspect.Type) -> str:
    """A type as the page names it."""
    match kind:
        case inspect.UnionType():
            return word_of(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
        case inspect.VarTupleType():
            return f"list of {word_of(kind.item_type)}s"
        case inspect.StructType():
            return "table"
        case inspect.EnumType():
            return "choice"
        case _:
            return {inspect.StrType: "text", inspect.IntType: "integer", inspect.BoolType: "boolean"}[type(kind)]


def bounds_of(kind: inspect.Type) -> set[int]:
    """Every bound of a type and of those within it."""
    within = [*getattr(kind, "types", ()), getattr(kind, "item_type", None)]
    bounds = [getattr(kind, name, None) for name in ("ge", "le", "min_length", "max_length")]
    own = {bound for bound in bounds if bound is not None}
    return own.union(*(bounds_of(each) for each in within if each is not None))


@pytest.mark.parametrize(("struct", "rows"), STRUCTS, ids=lambda each: getattr(each, "__name__", ""))
def test_every_key_stands_in_it_in_order_and_no_other(struct: type[msgspec.Struct], rows: list[list[str]]) -> None:
    assert [row[0].strip("`") for row in rows] == list(struct.__struct_encode_fields__)
    assert all(row[3] and row[4] for row in rows)


@pytest.mark.parametrize(("field", "row"), FIELDS)
def test_every_key_has_its_type_its_default_and_its_limits(field: inspect.Field, row: list[str]) -> None:
    assert row[1] == word_of(field.type)
    assert (row[2] == "required") is field.required
    if isinstance(field.default, bool | int | str | Enum | tuple):
        value: Any = field.default.value if isinstance(field.default, Enum) else field.default
        assert row[2].strip("`") == msgspec.json.encode(value).decode()
    assert {str(bound) for bound in bounds_of(field.type)} <= set(re.findall(r"\d+", row[3]))
    if isinstance(field.type, inspect.EnumType):
        assert all(f"`{choice.value}`" in row[3] for choice in field.type.cls)


def test_limits_that_are_checked_elsewhere_stand_in_it_too() -> None:
    rows = {row[0].strip("`"): row[3] for row in STRUCTS[0][1]}
    assert f"at most {reader.MAX_MANIFEST_BYTES} bytes" in PAGE.text
    assert f"at most {MAX_PATH_BYTES} printable" in PAGE.text
    assert f"At most {MAX_RULES} rules" in PAGE.text
    assert f"{MAX_VERSION_CHARACTERS} characters" in rows["version"]
    assert f"{MAX_LOGO_BYTES} bytes and {MAX_LOGO_PIXELS} by {MAX_LOGO_PIXELS} pixels" in rows["logo"]
    assert set(re.findall(r"`([a-z]+/1)`", rows["provides"])) - {"ticket/1"} == SERVED_BY_THE_WALLET


def said(lines: tuple[Line, ...]) -> str:
    return "\n".join(f"{line.text} {line.consequence}".rstrip() for line in lines)


def test_the_installer_shows_of_its_example_what_it_says() -> None:
    manifest = read_manifest(EXAMPLE.encode())
    summary = summarise(Verified(manifest=manifest, key=bytes(32), handovers=(), files=(), documents=(), digest=""))
    shown = re.findall(r"^```text\n(.*?)^```", PAGE.text, re.MULTILINE | re.DOTALL)[0]
    parts = {"Provides": summary.provides, "Asks for": summary.asks, "Restricts itself": summary.narrows}
    assert shown.strip() == "\n\n".join(f"{title}\n{said(lines)}" for title, lines in parts.items())


def test_its_links_lead_somewhere_and_extension_authors_are_led_to_it() -> None:
    anchors = PAGE.anchors()
    for link in PAGE.links():
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https:"):
            assert (PAGE.path.parent / link).exists(), link
    for page in ("README.md", "ARCHITECTURE.md", "docs/protocol.md", "docs/interfaces.md"):
        assert "manifest.md)" in (ROOT / page).read_text(encoding="utf-8"), page
