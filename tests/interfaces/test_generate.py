"""The typed Python of interfaces: ours is what would be written now, a stranger's is Python and nothing else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interfaces.documents import ITEM, parking, read, show, with_method

from etui.interfaces import Document, InterfaceError, python_module, supplied
from etui.interfaces.catalogue import DOCUMENTS
from etui.sdk.ends import End

MODULES = DOCUMENTS.parent
ROOT = MODULES.parents[2]
HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "\\",
    '"',
    '""" + str(1/0) + """',
    'ends in a quote"',
    "ends in a backslash\\",
    "\\N{NULL}\\x00\\",
    "x" * 104 + '\\"""',
    "A sentence. Another with \u202e bidi and \u2028 a line of Unicode's. \t ",
    " ",
]


def loaded(document: Document) -> Iterator[types.ModuleType]:
    """The generated module, as an import would make it."""
    module = types.ModuleType("generated_for_a_test")
    sys.modules[module.__name__] = module  # where msgspec looks for the names in annotations
    exec(compile(python_module(document), "<generated>", "exec"), module.__dict__)
    yield module
    del sys.modules[module.__name__]


def module_of(document: dict[str, Any]) -> types.ModuleType:
    return next(loaded(read(document)))


# what comes with Etui


@pytest.mark.parametrize("interface", sorted(supplied()))
def test_a_module_that_comes_with_etui_is_what_would_be_written_now(interface: str) -> None:
    path = MODULES / (interface.replace("/", "_") + ".py")
    assert path.read_text(encoding="utf-8") == python_module(supplied()[interface].document), (
        "write it again by `python -m etui.interfaces`"
    )


def test_every_module_that_comes_with_etui_has_its_document() -> None:
    written = {path.name for path in MODULES.glob("*_[0-9]*.py")}
    assert written == {interface.replace("/", "_") + ".py" for interface in supplied()}


# what comes from elsewhere


def test_a_module_has_a_class_for_each_type_request_and_result() -> None:
    module = module_of(parking())
    assert module.__all__ == [
        "INTERFACE",
        *("Find", "FindResult", "Pay", "PayResult", "Place", "Show", "ShowResult"),
    ]
    assert module.INTERFACE == "org.example.parking/1"
    assert module.Pay.METHOD == module.PayResult.METHOD == "org.example.parking/1.pay"
    assert module.Pay.SEALED == ("code",)
    assert module.Pay.WAITS
    assert module.Show.REFERENCES == ("item",)
    assert module.Show.RESULT is module.ShowResult
    assert module.ShowResult.SEALED == ("value",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"amount": 0}, ">= 1"),
        ({"amount": 901}, "<= 900"),
        ({"currency": "USD"}, "Invalid enum value"),
        ({"payee": "x" * 81}, "length <= 80"),
        ({"places": [{"street": "a", "next": {"street": "b"}}] * 4}, ""),
        ({"places": [{"street": "a"}] * 5}, "length <= 4"),
        ({"places": [{"next": {"street": "b"}}]}, "missing required field `street`"),
        ({"notes": {"a": "x" * 10}}, "length <= 9"),
        ({"code": "AAAA"}, ""),
        ({"code": "*"}, "base64"),
    ],
)
def test_a_request_is_decoded_by_the_limits_of_its_document(change: dict[str, Any], message: str) -> None:
    request = {"amount": 250, "currency": "EUR", "payee": "Ada", **change}
    text = json.dumps(request).encode()
    if message:
        with pytest.raises(msgspec.ValidationError, match=message):
            msgspec.json.decode(text, type=module_of(parking()).Pay)
    else:
        decoded = msgspec.json.decode(text, type=module_of(parking()).Pay)
        assert json.loads(msgspec.json.encode(decoded)) == request


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ({"type": "map", "of": {"type": "integer"}, "max": 1}, {"a": 1}, {"a": 1, "b": 2}),
        ({"type": "time", "min": 5, "max": 6}, 5, 7),
        ({"type": "bytes", "max": 3}, "AAAA", "AAAAAAAA"),
        ({"type": "list", "of": {"type": "list", "of": {"type": "boolean"}, "max": 1}}, [[True], []], [[True, False]]),
    ],
)
def test_each_limit_holds_for_each_type(field: dict[str, Any], right: object, wrong: object) -> None:
    request = module_of(with_method(show(params={"item": ITEM, "extra": field}))).More
    msgspec.convert({"item": "r", "extra": right}, request)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"item": "r", "extra": wrong}, request)


def hostile(text: str) -> dict[str, Any]:
    line = " ".join(text.split())[:80]
    title = line if line.isprintable() and line else "Title"
    document = parking(title=title, text=text)
    document["types"]["Place"]["text"] = text
    document["methods"]["pay"] |= {"text": text, "title": title}
    document["methods"]["pay"]["params"]["notes"]["text"] = text
    document["methods"]["pay"]["params"]["currency"]["options"] = [text[:80], "EUR"]
    return document


def shape(source: str) -> str:
    """A module without its texts: what it does."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


TEXTS = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
QUOTED = st.text("\"'\\\n\t {}.abN\x00\x1b\u202e", min_size=1, max_size=300)


@given(TEXTS | QUOTED)
def test_whatever_texts_a_document_has_the_module_does_the_same(text: str) -> None:
    source = python_module(read(hostile(text)))
    assert shape(source) == shape(python_module(read(hostile("Harmless" if text.strip() else " "))))
    assert all(character.isprintable() or character == "\n" for character in source)
    module = next(loaded(read(hostile(text))))
    chosen = msgspec.convert({"amount": 1, "currency": text[:80], "payee": "x"}, module.Pay)
    assert chosen.currency == text[:80]
    assert "".join(text.split()).removesuffix(".") in "".join(module.Place.__doc__.split())


@pytest.mark.parametrize("name", ["class", "from", "is", "match", "bytes", "str", "list", "dict", "int"])
def test_a_field_may_be_called_like_a_word_of_python(name: str) -> None:
    fields = {
        name: {"type": "bytes", "optional": True},
        "more": {"type": "bytes"},
        "others": {"type": "map", "of": {"type": "list", "of": {"type": "text", "max": 5}}},
        "count": {"type": "integer", "min": 0},
    }
    method = show(params={"item": ITEM, **fields}, result=fields)
    module = module_of(with_method(method))
    attribute = name + "_" if name in {"class", "from", "is"} else name
    request = module.More(item="r", more=b"x", others={"a": ["b"]}, count=1, **{attribute: b"y"})
    assert json.loads(msgspec.json.encode(request))[name] == "eQ=="
    assert msgspec.json.decode(msgspec.json.encode(request), type=module.More) == request


def test_a_sealed_field_that_is_called_like_a_word_of_python_is_sealed_under_its_own_name() -> None:
    method = show(params={"class": {**ITEM}, "from": {"type": "sealed"}}, ask="show it", result={})
    module = module_of(with_method(method))
    sender, receiver = End(), End()
    request = module.More(class_="r", from_=b"x")
    assert "from_=…" in repr(request)
    text = sender.encode(request, receiver.public)
    assert set(json.loads(text)) == {"class", "from"}
    assert receiver.decode(module.More, text) == request
    assert module.More.REFERENCES == ("class_",)
    assert module.More.on_the_wire("class_") == "class"


def with_types(*names: str) -> dict[str, Any]:
    """The document with more types, which have no fields."""
    return parking(types={**parking()["types"], **{name: {"fields": {}} for name in names}})


def with_methods(*names: str) -> dict[str, Any]:
    return parking(methods={**parking()["methods"], **{name: show() for name in names}})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (with_types("Show"), "methods.show would be the class Show, which types.Show has"),
        (with_types("PayResult"), "methods.pay would be the class PayResult, which types.PayResult has"),
        (with_methods("show_result"), "methods.show_result would be the class ShowResult, which methods.show has"),
        (with_methods("a_b", "a__b"), "methods.a__b would be the class AB, which methods.a_b has"),
        (with_methods("result"), "methods.result would be the class Result, which the module itself has"),
        (with_types("Literal"), "types.Literal would be the class Literal, which the module itself has"),
        (with_types("INTERFACE"), "types.INTERFACE would be the class INTERFACE, which the module itself has"),
        (with_methods("none"), "methods.none would be the class None, which Python has"),
        (with_types("True"), "types.True would be the class True, which Python has"),
        (
            parking(types={"Place": {"fields": {"in": {"type": "text"}, "in_": {"type": "text"}}}}),
            "class Place: the fields in and in_ would be one in Python",
        ),
    ],
)
def test_two_things_that_would_have_one_name_in_python_are_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InterfaceError, match=words):
        python_module(read(document))


USE = """
from generated_parking import Pay, PayResult, Place, Show
from generated_words import More, MoreResult
from etui.interfaces import Request

def asked(request: Request[PayResult]) -> bytes:
    return PayResult(permit=None, receipt=b"").receipt  # type: ignore[arg-type]

asked(Pay(amount=1, currency="EUR", payee="x", places=[Place(street="a", next=Place(street="b"))]))
asked(Show(item="r"))  # type: ignore[arg-type]
Pay(amount=1, currency="USD", payee="x")  # type: ignore[arg-type]
Pay(amount="1", currency="EUR", payee="x")  # type: ignore[arg-type]
more: bytes | None = More(class_="r", bytes=b"x", str={"a": ["b"]}).bytes
MoreResult(int=5).int + 1
"""


def test_a_generated_module_and_who_uses_it_pass_the_strictest_checks(tmp_path: Path) -> None:
    words = {
        "class": ITEM,
        "bytes": {"type": "bytes", "optional": True},
        "str": {"type": "map", "of": {"type": "list", "of": {"type": "text", "max": 5}}},
        "list": {"type": "sealed", "optional": True},
        "dict": {"type": "boolean", "optional": True},
        "bool": {"type": "boolean", "optional": True},
    }
    more = show(
        params=words,
        ask="show it",
        result={"int": {"type": "integer", "min": 0}, "until": {"type": "time", "optional": True}},
    )
    for name, document in (("parking", parking()), ("words", with_method(more)), ("hostile", hostile(HOSTILE[0]))):
        (tmp_path / f"generated_{name}.py").write_text(python_module(read(document)), encoding="utf-8")
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nwarn_unused_ignores = true\n")
    environ = {"PATH": os.environ["PATH"], "MYPYPATH": f"{ROOT}/src"}
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), *tmp_path.glob("*.py")],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_command_prints_a_strangers_module_and_says_what_is_wrong_with_one_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "parking.json"
    path.write_text(json.dumps(parking()))
    printed = command(str(path))
    assert (printed.returncode, printed.stdout) == (0, python_module(read(parking())))
    path.write_text(json.dumps(with_types("Show")))
    refused = command(str(path))
    assert refused.returncode == 2
    assert "which types.Show has" in refused.stderr
    assert command(str(tmp_path / "nowhere")).returncode == 2


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "etui.interfaces", *arguments],
        env={"PYTHONPATH": f"{ROOT}/src", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
