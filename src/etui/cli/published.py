"""``etui interface list · show · generate``: the published interfaces."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.files import read_file
from etui.cli.output import printable
from etui.interfaces import Document, Field, InterfaceError, python_module, read_document, supplied
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from etui.cli.output import Output


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        interfaces = client.call(wallet.Interfaces()).interfaces
    columns = (("interface", "INTERFACE"), ("title", "TITLE"), ("provider", "PROVIDED BY"))
    output.rows(interfaces, columns, "There are no interfaces.")
    return Exit.OK


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("interface", metavar="NAME", help="as secret/1")


def _show(arguments: Arguments, output: Output) -> Exit:
    document = find_document(arguments.interface)
    if output.as_json:
        output.value(document, "")
    else:
        output.value(None, printable(_described(document)))
    return Exit.OK


def find_document(name: str) -> Document:
    """An interface's document: one that comes with Etui, else one that the wallet knows."""
    known = supplied().get(name)
    if known is not None:
        return known.document
    with connect() as client:
        return read_document(client.call(wallet.Document(interface=name)).document.encode())


def _described(document: Document) -> str:
    lines = [f"{document.interface}: {document.title}"]
    lines += [f"  {document.text}"] if document.text else []
    for name, method in document.methods.items():
        lines.append(f"\n{name}({_fields(method.params)}) → {_fields(method.result) or 'nothing'}")
        lines.append(f"    {method.title}; effect: {method.effect.value}")
        lines += [f"    {method.text}"] if method.text else []
    return "\n".join(lines)


def _fields(fields: Mapping[str, Field]) -> str:
    return ", ".join(f"{name}{'?' if field.optional else ''}: {_type(field)}" for name, field in fields.items())


def _type(field: Field) -> str:
    return field.type.value if field.money is None else f"money in {field.money}"


def _generate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FILE|NAME", help="a document (JSON), or an interface's name as secret/1")


def _generate(arguments: Arguments, output: Output) -> Exit:
    path = Path(arguments.source)
    try:
        is_file = path.suffix or path.is_file()
        module = python_module(read_document(read_file(path)) if is_file else find_document(arguments.source))
    except (InterfaceError, msgspec.DecodeError) as error:
        raise CommandError(f"{path}: {error}") from None
    if output.as_json:
        output.value({"module": module}, "")
    else:
        sys.stdout.write(module)
    return Exit.OK


LIST = Command(
    name="interface list",
    help="list interfaces and who provides them",
    run=_list,
    stands_for_group=True,
    examples=(("etui interface", "what Clients can ask this wallet for"),),
)
SHOW = Command(
    name="interface show",
    help="show an interface's methods",
    text="Shows an interface's methods; with --json its whole document.",
    arguments=_show_arguments,
    run=_show,
    examples=(("etui interface show secret/1", "methods, parameters, results"),),
)
GENERATE = Command(
    name="interface generate",
    help="print the typed Python of an interface",
    text="Prints the typed Python of an interface: of its document in a file, for which no wallet needs to run, or of\n"
    "one that the wallet knows by its name, for who writes a Client of an Extension that is installed.",
    arguments=_generate_arguments,
    run=_generate,
    examples=(
        ("etui interface generate parking-1.json > parking_1.py", "for an Extension that brings the document"),
        ("etui interface generate org.example.parking/1 > parking_1.py", "for a Client of it, once it is installed"),
    ),
)
