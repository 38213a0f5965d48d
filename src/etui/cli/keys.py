"""``etui key list · make · import · certificate · public · delete``: keys that are used and never handed out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.key_files import read_certificate, read_key_file
from etui.cli.naming import item_to_name, named
from etui.cli.output import quoted, single_line
from etui.cli.typed import confirmed
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import ssh_1 as ssh

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

KINDS: Final = ("key", "bound_key")
"""What keys there are, by the kinds of `crypto/1`."""
_ALGORITHMS: Final = ("ed25519", "p256", "p384")


def _key_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a reference, or words that match exactly one key")


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        items = client.call(crypto.Find()).items
    rows = [
        {
            "label": item.label,
            "algorithm": item.attributes["algorithm"],
            "export": "never" if item.kind == "bound_key" else "by you",
            "fingerprint": item.attributes["fingerprint"],
            "key": item.item,
        }
        for item in items
    ]
    columns = (
        ("label", "NAME"),
        ("algorithm", "ALGORITHM"),
        ("export", "EXPORTED"),
        ("fingerprint", "FINGERPRINT"),
    )
    output.rows(rows, columns, "There are no keys; `etui key make NAME` makes one.")
    return Exit.OK


def _make_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what people call it")
    parser.add_argument("--algorithm", choices=_ALGORITHMS, default="ed25519", help="what it is (default: ed25519)")
    parser.add_argument("--bound", action="store_true", help="nobody can ever export it, you neither")
    parser.add_argument("--no-ssh", action="store_true", help="not for SSH: no agent shows it")


def _make(arguments: Arguments, output: Output) -> Exit:
    if not arguments.name.strip():
        raise CommandError("the name is empty; give one by which people know the key", Exit.USAGE)
    request = crypto.Generate(
        algorithm=arguments.algorithm,
        label=arguments.name,
        bound=arguments.bound or None,
        ssh=None if arguments.no_ssh else True,
    )
    with connect() as client:
        item = client.call(request).item
    output.value(item, f"Made {named(item)}.\n{item.attributes['public']}")
    return Exit.OK


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a private key of OpenSSH's, or in PEM")
    parser.add_argument("--name", default="", metavar="NAME", help="what people call it (default: the file's name)")
    parser.add_argument("--bound", action="store_true", help="the wallet never exports it")
    parser.add_argument("--no-ssh", action="store_true", help="not for SSH: no agent shows it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be brought in, and bring nothing in")


def _import(arguments: Arguments, output: Output) -> Exit:
    found = read_key_file(arguments.file)
    name = arguments.name.strip() or arguments.file.name
    if arguments.dry_run:
        output.value({"name": name, "public": found.public}, f"{quoted(name)} would be brought in:\n{found.public}")
        return Exit.OK
    request = crypto.Import(
        label=name,
        private=found.private,
        bound=arguments.bound or None,
        ssh=None if arguments.no_ssh else True,
    )
    with connect() as client:
        item = client.call(request).item
    still = single_line(f"{found.path} still holds it, and was left as it is.")
    advice = f"When the wallet's has served you, delete the file: shred -u {shlex.quote(str(found.path))}"
    output.value(item, f"Brought in {named(item)}.\n{item.attributes['public']}\n{still}\n{single_line(advice)}")
    return Exit.OK


def _certificate_arguments(parser: argparse.ArgumentParser) -> None:
    _key_argument(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a certificate, as id_ed25519-cert.pub")
    which.add_argument("--remove", action="store_true", help="take its certificates away")


def _certificate(arguments: Arguments, output: Output) -> Exit:
    certificate = b"" if arguments.remove else read_certificate(arguments.file)
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        if certificate:
            client.call(ssh.Certify(item=item.item, certificate=certificate))
        else:
            client.call(ssh.Uncertify(item=item.item))
    text = f"{named(item)} has no certificate any more."
    if certificate:
        text = f"{named(item)} has the certificate, and the SSH agent shows it beside the key."
    output.value({"item": item.item}, text)
    return Exit.OK


def _public(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        item = client.call(crypto.Describe(item=item.item)).item
    line = item.attributes["public"]
    output.value({"public": line}, line)
    return Exit.OK


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    _key_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask in the terminal")


def _delete(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        if not arguments.yes and not confirmed(f"Nothing signs with {named(item)} after that. Delete it?"):
            raise CommandError("nothing was deleted", Exit.DENIED)
        client.call(crypto.Delete(item=item.item))
    output.value({"deleted": item.item}, f"Deleted {named(item)}.")
    return Exit.OK


LIST = Command(
    name="key list",
    help="list keys",
    run=_list,
    stands_for_group=True,
    examples=(("etui key", "which keys there are"),),
)
MAKE = Command(
    name="key make",
    help="make a key that stays in the wallet",
    text="Makes a key and prints its public part, for an authorized_keys or a forge. The private part stays in the\n"
    "wallet: `etui door enable ssh-agent` has SSH and git use it, and the Trusted Dialog asks.",
    arguments=_make_arguments,
    run=_make,
    examples=(
        ("etui key make Work", "for ssh, git and whatever else speaks to an SSH agent"),
        ("etui key make 'Build machine' --bound", "one that nobody can export"),
    ),
)
IMPORT = Command(
    name="key import",
    help="bring a private key in from a file, which stays as it is",
    text="Brings in a private key of OpenSSH's, or in PEM: Ed25519, P-256, P-384, or RSA from 2048 bits on for SSH. A\n"
    "passphrase is asked for where the file has one. The file stays as it is; who has a copy can use that as before.",
    arguments=_import_arguments,
    run=_import,
    examples=(
        ("etui key import ~/.ssh/id_ed25519 --dry-run", "what that would bring in"),
        ("etui key import ~/.ssh/id_ed25519 --name Work", "and what to delete after"),
    ),
)
CERTIFICATE = Command(
    name="key certificate",
    help="attach a certificate to a key, for SSH",
    text="Keeps a certificate of OpenSSH's with a key of the wallet's; the SSH agent shows it beside the key, and ssh\n"
    "logs in by it where its authority is trusted. One of the same authority and key id takes the place of the\n"
    "earlier one. What it says is shown in the Trusted Dialog, which asks.",
    arguments=_certificate_arguments,
    run=_certificate,
    examples=(
        ("etui key certificate work work-cert.pub", "as ssh-keygen -s made it from `etui key public work`"),
        ("etui key certificate work --remove", "the key stays"),
    ),
)
PUBLIC = Command(
    name="key public",
    help="print the public part of a key, as OpenSSH writes it",
    arguments=_key_argument,
    run=_public,
    examples=(("etui key public work >> ~/.ssh/authorized_keys", "let it in here"),),
)
DELETE = Command(
    name="key delete",
    help="delete a key for good",
    arguments=_delete_arguments,
    run=_delete,
    examples=(("etui key delete work", "asks first, here and in the Trusted Dialog"),),
)
