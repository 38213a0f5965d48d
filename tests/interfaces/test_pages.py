"""The reference pages: ours are what would be written now, and no text of a document is more than a text in one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.interfaces.documents import ITEM, parking, pay, read, show, with_method

from etui.interfaces import supplied
from etui.interfaces.__main__ import PAGES, generated
from etui.interfaces.pages import reference_page

MARKDOWN = MarkdownIt("commonmark").enable("table")
PAGE = reference_page(read(parking()))


def rows(page: str) -> set[tuple[str, ...]]:
    """The rows of all tables of a page, a tuple of cells each."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return {tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines}


def section(page: str, heading: str) -> str:
    return page.split(f"\n### `{heading}`\n")[1].split("\n#", maxsplit=1)[0]


# what comes with Etui


@pytest.mark.parametrize("path", [path for path in generated() if path.suffix == ".md"], ids=lambda path: path.name)
def test_a_page_of_an_interface_that_comes_with_etui_is_what_would_be_written_now(path: Any) -> None:  # noqa: ANN401
    assert path.read_text(encoding="utf-8") == generated()[path], "write it again by `python -m etui.interfaces`"


def test_every_page_has_its_interface_and_every_interface_its_page() -> None:
    assert {path.name for path in PAGES.iterdir()} == {i.replace("/", "-") + ".md" for i in supplied()}


@pytest.mark.parametrize("interface", sorted(supplied()))
def test_every_link_within_a_page_leads_to_a_heading(interface: str) -> None:
    page = reference_page(supplied()[interface].document)
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors
    assert len(anchors) == len(headings)


# what a page tells


def test_a_page_tells_what_the_interface_is_and_who_it_is_open_to() -> None:
    assert PAGE.startswith("# Parking: `org.example.parking/1`\n")
    assert "\nPermits to park.\n" in PAGE
    assert "\nOpen to Clients, doors and Extensions.\n" in PAGE
    assert "\nOpen to the Router alone.\n" in reference_page(read(parking(callers="router")))
    assert ("[`pay`](#orgexampleparking1pay)", "Pay", "`use`") in rows(PAGE)
    assert ("`permit`", "Permit · Permits", "A right.", "not meant: it is for where it was made") in rows(PAGE)


def test_a_page_tells_what_each_method_does_and_who_may_call_it() -> None:
    paying = section(PAGE, "org.example.parking/1.pay")
    for told in (
        "**Pay.** Pays for a permit.",
        "> NAME wants to pay {amount} {currency} to {payee}.",
        "- Effect `use`: uses what is there, without telling it.",
        "- Who may call it: who has a grant for it; anybody else once the user says yes.",
        "- Prepare: ",
        "- Creates: ",
        "- Scope: a grant holds for one `payee`.",
        "- Time limit: none, the user answers within the call.",
    ):
        assert f"\n{told}" in paying
    showing = section(PAGE, "org.example.parking/1.show")
    assert "any program of the session where the user opened that, who has a grant for it; anybody else" in showing
    assert "- Who may call it: who created the item, " in showing
    assert "- Time limit: 30 s.\n" in showing
    assert "- Decide: an item is named in the result only as far as the caller may `show` it." in PAGE
    assert "It takes no params." in section(PAGE, "org.example.parking/1.find")
    assert "The result is empty." in reference_page(read(with_method(show(result={}))))


@pytest.mark.parametrize(
    ("callers", "own", "who"),
    [
        ("router", False, "the Router."),
        ("doors", False, "a door, for itself, once the user says yes."),
        ("extensions", True, "an Extension, for itself."),
        ("extensions", False, "an Extension, within a call that it serves."),
    ],
)
def test_a_page_tells_of_interfaces_that_are_not_open_to_clients(callers: str, own: bool, who: str) -> None:  # noqa: FBT001
    document = read(parking(callers=callers, methods={"show": show(own=own, ask=None), "pay": pay()}))
    told = section(reference_page(document), "org.example.parking/1.show")
    assert f"- Who may call it: {who}\n" in told
    assert ("- Own: " in told) == own
    assert "NAME wants" not in told


def test_a_page_tells_of_a_method_that_is_for_doors_alone() -> None:
    methods = {**parking()["methods"], "show": show(callers="doors", effect="none")}
    told = reference_page(read(parking(methods=methods)))
    assert "\nOpen to Clients, doors and Extensions.\n" in told
    assert "- Who may call it: a door, for itself.\n" in section(told, "org.example.parking/1.show")


def test_a_method_that_is_asked_for_without_a_sentence_is_asked_for_by_its_title() -> None:
    assert "> NAME wants to more of it.\n" in reference_page(read(with_method(show(title="More of it", ask=None))))


FIELDS: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "a text": ({"type": "text"}, ("text", "", "")),
    "a bounded text": ({"type": "text", "max": 65536}, ("text", "at most 65,536 characters", "")),
    "one byte": ({"type": "bytes", "max": 1}, ("bytes", "at most 1 byte", "")),
    "a range": ({"type": "integer", "min": -5, "max": 9000}, ("integer", "-5 to 9,000", "")),
    "at least": ({"type": "integer", "min": 1}, ("integer", "at least 1", "")),
    "at most": ({"type": "integer", "max": 0}, ("integer", "at most 0", "")),
    "a choice": ({"type": "choice", "options": ["a", "b|c", "d`e"]}, ("one of `a`, `b\\|c`, `` d`e ``", "", "")),
    "sealed": ({"type": "sealed"}, ("sealed", "", "sealed")),
    "a reference": ({"type": "reference", "kinds": ["permit"]}, ("reference of kind `permit`", "", "")),
    "named": ({"type": "named", "name": "Place"}, ("[`Place`](#place)", "", "")),
    "a list": (
        {"type": "list", "max": 3, "of": {"type": "text", "max": 9}},
        ("list of text", "at most 3 entries, each at most 9 characters", ""),
    ),
    "lists": (
        {"type": "map", "of": {"type": "list", "max": 2, "of": {"type": "named", "name": "Place"}}},
        ("map of list of [`Place`](#place)", "each at most 2 entries", ""),
    ),
    "read": (
        {"type": "text", "title": "X", "material": True, "read": True, "optional": False},
        ("text", "", "material, read"),
    ),
    "money": ({"type": "integer", "money": "length"}, ("integer", "", "money in `length`")),
    "observed": ({"type": "text", "title": "X", "observed": True}, ("text", "", "observed")),
    "party": ({"type": "text", "title": "X", "party": True}, ("text", "", "party")),
    "marked": (
        {"type": "text", "title": "X", "material": True, "policy": "x", "scope": True},
        ("text", "", "material, policy `x`, scope"),
    ),
}


@pytest.mark.parametrize(("field", "told"), FIELDS.values(), ids=FIELDS)
def test_a_page_tells_type_limits_and_marks_of_each_field(field: dict[str, Any], told: tuple[str, str, str]) -> None:
    # the other fields see to it that no column is left out
    others = {"item": ITEM, "length": {"type": "text", "max": 3, "title": "Length", "text": "Of `it`."}}
    told_rows = rows(reference_page(read(with_method(show(params={**others, "one": {"optional": True, **field}})))))
    assert ("`one` *optional*" if field.get("optional", True) else "`one`", *told, field.get("title", "")) in told_rows
    assert ("`length`", "text", "at most 3 characters", "", "*Length*. Of `it`.") in told_rows


def test_a_column_that_nobody_fills_is_left_out() -> None:
    assert ("`street`", "text") in rows(PAGE)
    assert ("`at`", "time") in rows(PAGE)


# hostile texts


def shape(page: str) -> list[tuple[str, str]]:
    """What a page is made of, without its texts."""
    found: list[tuple[str, str]] = []
    for token in MARKDOWN.parse(page):
        found.append((token.type, token.tag))
        found += [
            (child.type, str(child.attrs))
            for child in token.children or []
            if child.type not in {"text", "code_inline", "text_special"}
        ]
    return found


def shown(page: str) -> str:
    """What a reader sees of a page."""
    return "".join(child.content for token in MARKDOWN.parse(page) for child in token.children or [] if child.content)


def hostile(text: str) -> dict[str, Any]:
    line = " ".join("".join(c for c in text if c.isprintable()).split())[:100] or "x"
    sentence = line.replace("{", "(").replace("}", ")")
    document = parking(title=line, text=text, kinds={"permit": {"title": line, "plural": line, "text": text}})
    document["types"]["Place"] |= {"text": text}
    document["methods"]["pay"] |= {"text": text, "title": line, "ask": sentence}
    document["methods"]["pay"]["params"]["notes"] |= {"text": text, "title": line}
    document["methods"]["pay"]["params"]["currency"]["options"] = [text[:80], "EUR"]
    document["events"]["ended"] |= {"text": text, "title": line}
    return document


HOSTILE = [
    "<script>alert(1)</script>",
    "[here](https://example.org)",
    "![x](https://example.org/x.png)",
    "# heading",
    "- list",
    "1. list",
    "> quote",
    "===",
    "---",
    "```",
    "`",
    "``a`",
    "a | b | c",
    "`a | b`",
    "\\",
    "\\|",
    "`\\`|",
    "*bold* __bold__ ~~gone~~",
    "&lt;b&gt; &#35;",
    "line\n\n## another\n| a |\n| --- |",
    "[x]: https://example.org",
    "<!-- ",
    "\u202e bidi",
    "https://example.org",
]
TEXTS = st.sampled_from(HOSTILE) | st.text("`|\\*_[]()<>!#-+=~&.1 ab\n:", min_size=1, max_size=40)


@given(TEXTS.filter(str.strip))
def test_whatever_texts_a_document_has_the_page_has_the_same_shape(text: str) -> None:
    page = reference_page(read(hostile(text)))
    assert shape(page) == shape(reference_page(read(hostile("Harmless"))))
    assert len(rows(page)) == len(rows(reference_page(read(hostile("Harmless")))))
    assert all(character.isprintable() or character == "\n" for character in page)
    if "`" not in text and "\u202e" not in text:
        assert " ".join(text.split()) in shown(page)
