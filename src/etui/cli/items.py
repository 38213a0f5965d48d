"""``etui find · add · reveal · history · restore-value · delete``: what lies in the wallet."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect, connect_once
from etui.cli.exits import CommandError, Exit
from etui.cli.naming import add_item_argument, fitting, item_to_name, named, unlisted
from etui.cli.output import moment, printable, quoted, sentence
from etui.cli.paging import inventory
from etui.cli.typed import confirmed, read_secret
from etui.interfaces import secret_1 as secret
from etui.standards.otp import OtpKeyError, typed_key

if TYPE_CHECKING:
    from etui.cli.output import Output
    from etui.interfaces import Item

_KINDS: Final = ("password", "login", "pin", "note", "file", "code", "group")
_NOT_GENERATED: Final = {
    "code": "the key of one-time codes comes from the service that asks for them; leave --generate out and type it",
    "group": "a group holds items and has no secret; leave --generate out",
}
_REFERENCE: Final = ("item", "REFERENCE")


def _changed(item: Item) -> str:
    return moment(item.modified) if item.modified else ""


_COLUMNS: Final = (("kind", "KIND"), ("label", "LABEL"), (_changed, "CHANGED"), ("attributes", "ATTRIBUTES"))


def attribute(text: str) -> tuple[str, str]:
    """A name and a value from ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        msg = f"{text!r} is not NAME=VALUE"
        raise argparse.ArgumentTypeError(msg)
    return name, value


def _add_attributes(parser: argparse.ArgumentParser, purpose: str) -> None:
    parser.add_argument(
        "-a", "--attribute", action="append", type=attribute, default=[], metavar="NAME=VALUE", help=purpose
    )


def _find_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORDS", help="parts of the label or of attributes")
    _add_attributes(parser, "an attribute that the item has; may be given several times")
    parser.add_argument("--kind", default="", metavar="KIND", help="password, login, pin, note, file, code, group, …")
    parser.add_argument("--references", action="store_true", help="with each item's reference, which is long")
    parser.add_argument("--mine", action="store_true", help="only what may be read from here without a question")


def _attributes(arguments: Arguments) -> dict[str, str]:
    """The attributes by name; raises ``CommandError`` where one is given twice."""
    attributes = dict(arguments.attribute)
    if len(attributes) < len(arguments.attribute):
        raise CommandError("an attribute is given twice; each name has one value", Exit.USAGE)
    return attributes


def _find(arguments: Arguments, output: Output) -> Exit:
    attributes = _attributes(arguments)
    sought = secret.Find(
        attributes=attributes or None, kind=arguments.kind or None, text=" ".join(arguments.words) or None
    )
    with connect() as client:
        if arguments.mine:
            found = client.call(sought, quiet=True).items
        else:
            listed = inventory(client, " ".join([*arguments.words, *attributes.values()]), arguments.kind)
            found = fitting(listed.items, arguments.words, attributes, arguments.kind)
            if not found:
                client.call(sought, quiet=True)  # which is refused where it may be an item that is damaged
            if not found and listed.left_out:
                raise unlisted(listed.left_out)
            for reason in listed.left_out:
                output.note(f"not among these: {printable(reason)}")
    columns = (*_COLUMNS, _REFERENCE) if arguments.references else _COLUMNS
    output.rows(sorted(found, key=lambda item: (item.label.casefold(), item.kind)), columns, "Nothing was found.")
    is_narrowed = arguments.words or arguments.attribute or arguments.kind
    return Exit.NOT_FOUND if is_narrowed and not found else Exit.OK


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("label", metavar="LABEL", help="the name by which people know it")
    parser.add_argument("--kind", choices=_KINDS, default="password", help="what it is (default: password)")
    _add_attributes(parser, "a public name and value by which it is found; may be given several times")
    parser.add_argument("--replace", action="store_true", help="overwrite one of this program with the same attributes")
    generate = parser.add_argument_group("a secret that nobody has seen")
    generate.add_argument("--generate", action="store_true", help="let the wallet make it")
    generate.add_argument("--length", type=int, metavar="N", help="characters, 4 to 256")
    generate.add_argument("--words", type=int, metavar="N", help="words instead of characters, 3 to 20")


def _add(arguments: Arguments, output: Output) -> Exit:
    if not arguments.generate and (arguments.length or arguments.words):
        raise CommandError("--length and --words say what --generate makes; give --generate too", Exit.USAGE)
    if arguments.generate and (why := _NOT_GENERATED.get(arguments.kind)):
        raise CommandError(why, Exit.USAGE)
    if not arguments.label.strip():
        raise CommandError("the label is empty; give a name by which people know it", Exit.USAGE)
    attributes = _attributes(arguments)
    value: bytes | None = None
    if not arguments.generate and arguments.kind != "group":
        connect_once()  # nobody types a secret for a wallet that does not answer
        value = read_secret(f"Secret of {quoted(arguments.label)}", exact=arguments.kind == "file")
        value = _code_key(value) if arguments.kind == "code" else value
    with connect() as client:
        if arguments.generate:
            value = client.call(secret.Generate(length=arguments.length, words=arguments.words)).value
        request = secret.Create(
            kind=arguments.kind,
            label=arguments.label,
            attributes=attributes or None,
            replace=arguments.replace or None,
            value=value,
        )
        answer = client.call(request)
    item = answer.item
    done = "Replaced the value of" if answer.replaced else "Stored"
    output.value(item, f"{done} {named(item)} ({item.kind}).")
    return Exit.OK


def _code_key(typed: bytes) -> bytes:
    """The key of one-time codes that was typed; raises ``CommandError`` where it is none."""
    try:
        return typed_key(typed)
    except OtpKeyError as error:
        forms = "give the key as base32, blanks and small letters or not, or as an otpauth:// URI"
        raise CommandError(f"{error}; {forms}", Exit.USAGE) from None


def _reveal(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.item)
        client.call(secret.Reveal(item=item.item))
    output.value({"item": item.item}, sentence(f"{named(item)} was shown in the Trusted Dialog."))
    return Exit.OK


def _history(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.item)
        versions = client.call(secret.History(item=item.item)).versions
    columns = (("version", "VERSION"), ("replaced", "REPLACED"), ("size", "BYTES"))
    output.rows(versions, columns, f"There are no earlier values of {named(item)}.")
    return Exit.OK


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    add_item_argument(parser)
    parser.add_argument("version", type=int, metavar="VERSION", help="a number of `etui history ITEM`")


def _restore(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.item)
        item = client.call(secret.Restore(item=item.item, version=arguments.version)).item
    text = f"{named(item)} has the value of version {arguments.version} again; the one from before is in its history."
    output.value(item, sentence(text))
    return Exit.OK


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    add_item_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask at the terminal")


def _delete(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.item)
    if not arguments.yes and not confirmed(f"This deletes {named(item)} with all its earlier values. Delete it?"):
        raise CommandError("nothing was deleted", Exit.DENIED)
    with connect() as client:
        client.call(secret.Delete(item=item.item))
    output.value({"deleted": item.item}, f"Deleted {named(item)} and its earlier values.")
    return Exit.OK


FIND = Command(
    name="find",
    help="list items: kind, label, attributes",
    text="Lists items of the wallet, never a secret. The user is asked whether the list may be seen. A reference,\n"
    "with --references or --json, names one of several that look alike, for this user's session alone.",
    arguments=_find_arguments,
    run=_find,
    examples=(
        ("etui find", "everything"),
        ("etui find mail --kind login", "logins with “mail” in their label or attributes"),
        ("etui find -a service=backup --mine --json", "what a script has stored, for a program, without a question"),
    ),
)
ADD = Command(
    name="add",
    help="store a secret",
    text="Stores a secret that is typed without echo, piped in, or made by the wallet. A newline at the end of what\n"
    "is piped in is not part of it, except for a file. For --kind code it is the key as the other side shows it:\n"
    "base32, with or without blanks and in small letters or capitals, or an otpauth:// URI.",
    arguments=_add_arguments,
    run=_add,
    examples=(
        ("etui add 'Mail' --kind login -a user=ada", "asks for the password"),
        ("etui add 'Backup' --generate --length 32 -a service=backup", "a password that nobody has seen"),
        ("etui add 'Deploy key' --kind file < id_ed25519", "a file"),
    ),
)
REVEAL = Command(
    name="reveal",
    help="show a secret to you, in the Trusted Dialog",
    text="Shows the secret in the Trusted Dialog; the command line gets nothing of it.",
    arguments=add_item_argument,
    run=_reveal,
    examples=(("etui reveal mail", "the item that “mail” matches"),),
)
HISTORY = Command(
    name="history",
    help="list the earlier values of an item, by time and size",
    arguments=add_item_argument,
    run=_history,
    examples=(("etui history mail", "before `etui restore-value mail VERSION`"),),
)
RESTORE_VALUE = Command(
    name="restore-value",
    help="bring back an earlier value of an item",
    text="Brings back an earlier value. The present one goes to the history, so that this can be undone too.",
    arguments=_restore_arguments,
    run=_restore,
    examples=(("etui restore-value mail 1", "the first value that it had"),),
)
DELETE = Command(
    name="delete",
    help="delete an item and all its earlier values",
    text="Deletes an item and all its earlier values; this cannot be undone. It asks first.",
    arguments=_delete_arguments,
    run=_delete,
    examples=(("etui delete mail", "asks at the terminal"), ("etui delete mail --yes", "from a script")),
)
