"""The parameters of a method, as words of the command line give them, held to the interface's document.

Rules:

1. ``NAME=VALUE`` gives a value as it stands; ``NAME@FILE`` gives what is in a file, byte for byte, and ``NAME@-`` what
   is typed or piped in.
2. A sealed value is never part of the command line, where every program of this user can read it.
3. An amount of money is written as people do, ``4.50``, in the currency of the parameter that its field names. Within
   a list or an object it is in minor units: that is JSON, as the document has it.
4. What does not fit the document is refused before anything is asked for; the message says what fits.
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.cli.exits import CommandError, Exit
from etui.cli.files import read_file
from etui.cli.moments import read_moment
from etui.cli.output import single_line
from etui.cli.typed import MAX_SECRET_BYTES, read_secret
from etui.interfaces import Document, Field, FieldType, plain_type
from etui.standards.money import full_amount, minor_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Sized

_WORD: Final = re.compile(r"([a-z][a-z0-9_]*)([=@])(.*)", re.DOTALL)
_TYPED_IN: Final = "-"
_FROM_FILES: Final = frozenset({FieldType.SEALED, FieldType.BYTES, FieldType.TEXT})
_HOLDING: Final = frozenset({FieldType.LIST, FieldType.MAP, FieldType.NAMED})
_JSON: Final = _HOLDING | {FieldType.INTEGER, FieldType.TIME, FieldType.BOOLEAN}
"""Types that are written as JSON has them."""
_EXPECTED: Final = {
    FieldType.TEXT: "a text",
    FieldType.INTEGER: "a whole number",
    FieldType.TIME: "a moment (30m, 2h, 7d from now, a date as 2030-12-31, or seconds since 1970)",
    FieldType.BOOLEAN: "true or false",
    FieldType.BYTES: "bytes in base64",
    FieldType.SEALED: "a secret (NAME@- or NAME@FILE)",
    FieldType.REFERENCE: "an item (a reference, or words that match exactly one)",
    FieldType.LIST: "a list in JSON",
    FieldType.MAP: "an object in JSON",
    FieldType.NAMED: "an object in JSON",
}
_COUNTED: Final = {
    FieldType.TEXT: " characters",
    FieldType.BYTES: " bytes",
    FieldType.LIST: " entries",
    FieldType.MAP: " entries",
}


class Word(msgspec.Struct, frozen=True):
    """One value as it was given: ``text`` is a file's name where ``from_file``."""

    name: str
    text: str
    from_file: bool


def word(text: str) -> Word:
    """What ``NAME=VALUE`` or ``NAME@FILE`` gives."""
    match = _WORD.fullmatch(text)
    if match is None:
        # What was given is not repeated: it may be a secret in a wrong form.
        msg = "a value is given as NAME=VALUE, or as NAME@FILE"
        raise argparse.ArgumentTypeError(msg)
    return Word(match[1], match[3], match[2] == "@")


def read_values(document: Document, method: str, words: Sequence[Word]) -> dict[str, Any]:
    """The values of a method's parameters; raises ``CommandError`` that names the first that does not fit."""
    params = document.methods[method].params
    given: dict[str, Word] = {}
    for each in words:
        if each.name not in params:
            takes = f"it takes {', '.join(params)}" if params else "it takes nothing"
            raise _wrong(document, f"{method} takes no {each.name}; {takes}")
        if each.name in given:
            raise _wrong(document, f"{each.name} is given twice")
        given[each.name] = each
    missing = [name for name, field in params.items() if not field.optional and name not in given]
    if missing:
        lacks = "; ".join(f"{name}, {_expected(params[name])}" for name in missing)
        raise _wrong(document, f"{method} also needs {lacks}")
    for each in given.values():
        _check_source(document, params[each.name], each)
    if sum(each.from_file and each.text == _TYPED_IN for each in given.values()) > 1:
        raise _wrong(document, "only one value can come from standard input; give the others as NAME@FILE")
    return {
        name: _value(document, params[name], each)
        if params[name].money is None
        else _amount(document, params[name], each, given.get(params[name].money or ""))
        for name, each in given.items()
    }


def _check_source(document: Document, field: Field, given: Word) -> None:
    name = given.name
    if field.type is FieldType.SEALED and not given.from_file:
        text = f"{name} is secret, and a command line can be read by every program of yours: give {name}@- to type it"
        raise _wrong(document, f"{text} or pipe it in, or {name}@FILE")
    if given.from_file and field.type not in _FROM_FILES:
        raise _wrong(document, f"{name} is {_expected(field)}; give it as {name}=VALUE")


def _value(document: Document, field: Field, given: Word) -> Any:  # noqa: ANN401  # whatever the document says
    if field.type is FieldType.SEALED:
        return _secret(field, given)
    value = _read(field, given)
    if unfit := next(_unfit(document, field, value, given.name), ""):
        raise _wrong(document, unfit)
    return value


def _amount(document: Document, field: Field, given: Word, currency: Word | None) -> int:
    """An amount in minor units. ``currency``: as it was given beside it, if it was."""
    name = given.name
    if currency is None:
        raise _wrong(document, f"{name} is an amount of money: say of which currency, as {field.money}=EUR")
    try:
        minor = minor_units(given.text, currency.text)
    except ValueError as error:
        raise _wrong(document, f"{name}: {error}") from None
    if not _fits(field, minor):
        bounds = (("at least", field.min), ("at most", field.max))
        said = [f"{text} {full_amount(bound, currency.text)}" for text, bound in bounds if bound is not None]
        raise _wrong(document, f"{name} has to be an amount, {', '.join(said)}")
    return minor


def _secret(field: Field, given: Word) -> bytes:
    if given.text == _TYPED_IN:
        return read_secret(single_line(field.title or given.name))
    content = read_file(Path(given.text))
    if len(content) > MAX_SECRET_BYTES:
        raise CommandError(f"{given.text} is larger than 1 MiB", Exit.USAGE)
    return content


def _read(field: Field, given: Word) -> object:
    """The value in JSON's terms, or None where it cannot be one."""
    if not given.from_file:
        return _from_text(field, given.text)
    content = sys.stdin.buffer.read() if given.text == _TYPED_IN else read_file(Path(given.text))
    if field.type is FieldType.BYTES:
        return base64.b64encode(content).decode()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _from_text(field: Field, text: str) -> object:
    try:
        if field.type is FieldType.TIME and not text.isdecimal():
            return read_moment(text, time.time())
        return msgspec.json.decode(text) if field.type in _JSON else text
    except (argparse.ArgumentTypeError, msgspec.DecodeError):
        return None


def _unfit(document: Document, field: Field, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401  # JSON
    """What in a value does not fit its field, and what would."""
    match field.type, value:
        case (FieldType.LIST, list()) | (FieldType.MAP, dict()) if field.of is not None and _is_within(field, value):
            for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
                yield from _unfit(document, field.of, entry, f"{where}[{key}]")
        case FieldType.NAMED, dict() if field.name is not None:
            yield from _members_unfit(document, document.types[field.name].fields, value, where)
        case _ if not _fits(field, value):
            yield f"{where} has to be {_expected(field)}"


def _members_unfit(
    document: Document, fields: Mapping[str, Field], members: Mapping[str, object], where: str
) -> Iterator[str]:
    for name in members.keys() - fields.keys():
        yield f"{where} has no member {name}; it has {', '.join(fields)}"
    for name, field in fields.items():
        if name in members:
            yield from _unfit(document, field, members[name], f"{where}.{name}")
        elif not field.optional:
            yield f"{where}.{name} is missing; it is {_expected(field)}"


def _fits(field: Field, value: object) -> bool:
    """Whether a value that holds no others fits."""
    try:
        if field.type is FieldType.BYTES:
            return _is_within(field, msgspec.convert(value, bytes))
        if field.type in _HOLDING:
            return False
        msgspec.convert(value, plain_type(field))
    except msgspec.ValidationError:
        return False
    return True


def _is_within(field: Field, value: Sized) -> bool:
    return field.max is None or len(value) <= field.max


def _expected(field: Field) -> str:
    """What a field holds, in words."""
    if field.type is FieldType.CHOICE:
        return f"one of {', '.join(field.options)}"
    if field.money is not None:
        return f"an amount as 4.50, with {field.money}"
    bounds = [f"at least {field.min}"] if field.min is not None else []
    bounds += [f"at most {field.max}{_COUNTED.get(field.type, '')}"] if field.max is not None else []
    return ", ".join([_EXPECTED[field.type], *bounds])


def _wrong(document: Document, text: str) -> CommandError:
    see = f"`etui interface show {document.interface}` shows what each method takes"
    return CommandError(f"{single_line(text)}. {see}", Exit.USAGE)
