"""``etui call``: a method of any interface that the wallet knows, also of one that came with a stranger's Extension.

What a method takes and gives is known by the interface's document alone; what it may do is decided as for every Client.
A sealed value in the result is handed to one command as ``etui use`` does, and else left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.fields import read_values, word
from etui.cli.handing import add_handing_arguments, hand, is_handed
from etui.cli.naming import item_to_name
from etui.cli.output import moment, quoted, single_line
from etui.cli.published import find_document
from etui.interfaces import FieldType, currency_of, untyped_request, values_of
from etui.standards.money import full_amount

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from etui.cli.output import Output
    from etui.interfaces import Document, Field

_LAST_SECOND: Final = 253_402_214_400
"""A day before the end of the year 9999, up to which a date can be shown in every time zone."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("interface", metavar="INTERFACE", help="as secret/1")
    parser.add_argument("method", metavar="METHOD", help="as `etui interface show INTERFACE` lists it")
    parser.add_argument(
        "values",
        nargs="*",
        type=word,
        metavar="NAME=VALUE",
        help="a value; NAME@FILE takes it from a file, NAME@- from the keyboard or a pipe",
    )
    parser.add_argument("--to", metavar="EXTENSION", default="", help="which Extension, where several provide it")
    parser.add_argument("--field", metavar="NAME", help="which secret of the result, where there are several")
    add_handing_arguments(parser)


def _call(arguments: Arguments, output: Output) -> Exit:
    is_wanted = is_handed(arguments)
    if not is_wanted and any((arguments.fd, arguments.stdin, arguments.env, arguments.field)):
        raise CommandError("say which command is to get the secret of the result: … -- COMMAND", Exit.USAGE)
    document = find_document(arguments.interface)
    method = arguments.method
    if method not in document.methods:
        text = f"{document.interface} has no method {quoted(method)}; it has {', '.join(document.methods)}"
        raise CommandError(text, Exit.NOT_FOUND)
    secret = _secret_to_hand(arguments, document) if is_wanted else ""
    values = read_values(document, method, arguments.values)
    params, fields = document.methods[method].params, document.methods[method].result

    def told(found: Mapping[str, Any]) -> str:
        return shown(found, document, fields, (found, values))

    with connect() as client:
        for name in values.keys() & {name for name, field in params.items() if field.type is FieldType.REFERENCE}:
            values[name] = item_to_name(client, values[name], params[name].kinds).item
        result = client.call(untyped_request(document, method, values), provider=arguments.to)
    found = values_of(result)
    plain = {name: value for name, value in found.items() if name not in _sealed(fields)}
    if not is_wanted:
        output.value(plain, told(plain) or "Done.")
        for name in found.keys() - plain.keys():
            output.note(f"etui: {name} is secret and not printed; `etui call … -- COMMAND` hands it to a command")
        return Exit.OK
    if secret not in found:
        raise CommandError(f"there is no {secret} in the answer", Exit.NOT_FOUND)
    if plain:
        output.aside(plain, told(plain))
    return hand(arguments, output, found[secret], f"{secret} of {method}")


def _secret_to_hand(arguments: Arguments, document: Document) -> str:
    """The field of the result that is handed over; raises ``CommandError`` where that is not clear."""
    sealed = _sealed(document.methods[arguments.method].result)
    match [name for name in sealed if arguments.field in {None, name}]:
        case [name]:
            return name
        case [] if not sealed:
            raise CommandError(
                f"there is no secret in what {arguments.method} answers: leave out the command", Exit.USAGE
            )
        case _:
            raise CommandError(f"say which secret with --field: {', '.join(sealed)}", Exit.USAGE)


def _sealed(fields: Mapping[str, Field]) -> list[str]:
    return [name for name, field in fields.items() if field.type is FieldType.SEALED]


def shown(
    values: Mapping[str, Any], document: Document, fields: Mapping[str, Field], scopes: tuple[Mapping[str, Any], ...]
) -> str:
    """A result for people: a line for each value, and for each entry of a list.

    ``scopes``: where the currency of an amount is looked for, the nearest first.
    """
    width = max(map(len, values), default=0)
    lines: list[str] = []
    for name, value in values.items():
        field, entries = fields[name], [value]
        if field.type is FieldType.LIST and field.of is not None and isinstance(value, list):
            field, entries = field.of, value
        lines += [
            f"{name if n == 0 else '':<{width}}  {single_line(_shown(field, entry, document, scopes))}"
            for n, entry in enumerate(entries)
        ]
    return "\n".join(lines)


def _shown(
    field: Field,
    value: Any,  # noqa: ANN401  # what an Extension answered, whatever it is
    document: Document,
    scopes: tuple[Mapping[str, Any], ...],
) -> str:
    match field.type, value:
        case FieldType.LIST, list() if (of := field.of) is not None:
            return "; ".join(_shown(of, entry, document, scopes) for entry in value)
        case FieldType.NAMED, dict() if (record := document.types.get(field.name or "")) is not None:
            return ", ".join(
                f"{name} {_shown(one, value[name], document, (value, *scopes))}"
                for name, one in record.fields.items()
                if value.get(name) is not None
            )
        case FieldType.INTEGER, int() if currency := currency_of(field, *scopes):
            return full_amount(value, currency)
        case _:
            return _plain(field, value)


def _plain(field: Field, value: Any) -> str:  # noqa: ANN401  # as above
    match field.type, value:
        case FieldType.TIME, int() if 0 <= value <= _LAST_SECOND:
            return moment(value)
        case FieldType.ITEM, {"item": str(reference), "kind": str(kind)}:
            return f"{value.get('label') or '-'} ({kind}) {reference}"
        case _, str():
            return value
        case _:
            return msgspec.json.encode(value).decode()


CALL = Command(
    name="call",
    help="call a method of any interface that the wallet knows",
    text="Calls a method of any interface, also of one that came with an Extension. Each request is decided, and\n"
    "asked for, as a program's. `etui interface show INTERFACE` lists what a method takes: a text stands in\n"
    "NAME=VALUE as it is, an amount of money as 4.50 beside its currency, a list or an object in JSON, bytes in\n"
    "base64, an item by its reference or by words that match exactly one. NAME@FILE takes a text, bytes or a secret\n"
    "from a file, byte for byte; NAME@- what is piped in or, a secret, typed without echo. A secret is never\n"
    "NAME=VALUE: programs of yours can read command lines. Nor is one in the result printed: a command after -- gets\n"
    "it as from `etui use`, and the rest of the result is then on standard error.\n"
    "Within JSON, and in what --json prints, amounts are in minor units, as the interface has them.",
    arguments=_arguments,
    run=_call,
    takes_program=True,
    examples=(
        ("etui call org.example.parking/1 quote zone=A minutes=60", "an interface that came with an Extension"),
        (
            "etui call org.example.parking/1 buy zone=A plate=M-AB minutes=60 amount=2.40 currency=EUR",
            "an amount of money",
        ),
        ("etui call secret/1 create kind=pin label=Bank value@-", "a secret, typed without echo"),
        ("etui call org.example.parking/1 show permit=A --stdin -- qrencode -t UTF8", "a secret of the result"),
        ('etui call secret/1 find attributes=\'{"service": "backup"}\' --json', "an object, for a program"),
    ),
)
