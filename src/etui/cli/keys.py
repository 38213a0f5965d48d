"""``etui key list · make · import · certificate · public · identity · delete``: keys that never leave the wallet."""

from __future__ import annotations

import contextlib
import shlex
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.key_files import ReadKey, read_certificate, read_key_file
from etui.cli.naming import item_to_name, named
from etui.cli.output import quoted, sentence, single_line
from etui.cli.typed import confirmed
from etui.interfaces import Item
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import ssh_1 as ssh
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ProtocolError

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

KINDS: Final = ("key", "bound_key")
"""What keys there are, by the kinds of `crypto/1`."""
_ALGORITHMS: Final = ("ed25519", "p256", "p384", "x25519", "aes256", "hmac256")
_USAGES: Final = ("sign", "wrap", "encrypt", "derive", "mac")
_SIGN: Final = ("ed25519", "p256", "p384")
_BOUND: Final = "nobody can ever export it, and a wallet that is restored from a backup cannot use it"
_AGE: Final = "x25519"
_PLUGIN: Final = "etui"


def _key_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a reference, or words that match exactly one key")


class _Row(msgspec.Struct, frozen=True):
    """A key as it is listed; ``key``: its reference."""

    label: str
    algorithm: str
    usage: str
    export: str
    fingerprint: str
    key: str


def _list(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        items = client.call(crypto.Find()).items
    rows = [
        _Row(
            label=item.label,
            algorithm=item.attributes["algorithm"],
            usage=item.attributes.get("usage", "sign"),
            export="never" if item.kind == "bound_key" else "by you",
            fingerprint=item.attributes.get("fingerprint", ""),
            key=item.item,
        )
        for item in items
    ]
    columns = (
        ("label", "NAME"),
        ("algorithm", "ALGORITHM"),
        ("usage", "FOR"),
        ("export", "EXPORTED"),
        ("fingerprint", "FINGERPRINT"),
    )
    output.rows(rows, columns, "There are no keys; `etui key make NAME` makes one.")
    return Exit.OK


def _make_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what people call it")
    parser.add_argument("--algorithm", choices=_ALGORITHMS, default="ed25519", help="what it is (default: ed25519)")
    parser.add_argument(
        "--for", dest="usage", choices=_USAGES, help="the one thing that it is for (default: the first)"
    )
    parser.add_argument("--bound", action="store_true", help=_BOUND)
    parser.add_argument("--no-ssh", action="store_true", help="not for SSH: no agent shows it")


def _make(arguments: Arguments, output: Output) -> Exit:
    if not arguments.name.strip():
        raise CommandError("the name is empty; give one by which people know the key", Exit.USAGE)
    signs = arguments.algorithm in _SIGN and arguments.usage in {None, "sign"}
    request = crypto.Generate(
        algorithm=arguments.algorithm,
        label=arguments.name,
        bound=arguments.bound or None,
        usage=arguments.usage,
        ssh=True if signs and not arguments.no_ssh else None,
    )
    with connect() as client:
        item = client.call(request).item
    output.value(item, f"Made {named(item)}.\n{item.attributes.get('public', '')}")
    return Exit.OK


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a private key of OpenSSH's or age's, or in PEM")
    parser.add_argument("--name", default="", metavar="NAME", help="what people call it (default: the file's name)")
    parser.add_argument("--bound", action="store_true", help=_BOUND)
    parser.add_argument("--no-ssh", action="store_true", help="not for SSH: no agent shows it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be brought in, and bring nothing in")


def _import(arguments: Arguments, output: Output) -> Exit:
    found = read_key_file(arguments.file)
    name = arguments.name.strip() or arguments.file.name
    names = [name, *(f"{name} {number}" for number in range(2, len(found) + 1))]
    if arguments.dry_run:
        _refuse_known(arguments.file, found)
        told = [{"name": name, "public": key.public} for name, key in zip(names, found, strict=True)]
        lines = [f"{quoted(row['name'])} would be brought in:\n{row['public']}" for row in told]
        output.value(told if len(told) > 1 else told[0], "\n".join(lines))
        return Exit.OK
    items: list[Item] = []
    said: list[str] = []
    with connect() as client, _saying_all_the_same(output, said):
        for name, key in zip(names, found, strict=True):
            request = crypto.Import(
                label=name,
                private=key.private,
                bound=arguments.bound or None,
                ssh=True if key.signs and not arguments.no_ssh else None,
            )
            items.append(client.call(request).item)
            said.append(f"Brought in {named(items[-1])}.\n{items[-1].attributes['public']}")
    still = single_line(f"{arguments.file} still holds {'it' if len(items) == 1 else 'them'}, and was left as it is.")
    advice = f"When the wallet's has served you, delete the file: shred -u {shlex.quote(str(arguments.file))}"
    output.value(items if len(items) > 1 else items[0], "\n".join((*said, still, single_line(advice))))
    return Exit.OK


def _refuse_known(path: Path, found: list[ReadKey]) -> None:
    """Raises ``CommandError`` for a key that is here already, as far as that is told without a question: for SSH."""
    signing = [b64decode(key.public.split()[1]) for key in found if key.signs]
    items: list[Item | None] = []
    with contextlib.suppress(ProtocolError), connect() as client:
        if client.call(wallet.Status()).state == "unlocked":
            items = [client.call(ssh.Locate(key=blob)).item for blob in signing]
    for item in items:
        if item is not None and item.kind in KINDS:
            raise CommandError(f"the key in {path} is here already: {named(item)}", Exit.USAGE)


@contextlib.contextmanager
def _saying_all_the_same(output: Output, said: list[str]) -> Iterator[None]:
    """Says what was done by then, where what is done within fails."""
    try:
        yield
    except ProtocolError:
        for line in said:
            output.note(line)
        raise


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
    line = item.attributes.get("public", "")
    if not line:
        raise CommandError(f"{named(item)} has no public part", Exit.USAGE)
    output.value({"public": line}, line)
    return Exit.OK


def _identity(arguments: Arguments, output: Output) -> Exit:
    from etui.standards import age  # noqa: PLC0415  # only this command waits for it

    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        item = client.call(crypto.Describe(item=item.item)).item
    if (item.attributes["algorithm"], item.attributes.get("usage")) != (_AGE, "wrap"):
        raise CommandError(f"{named(item)} is not for age; `etui key make NAME --algorithm x25519` makes one that is")
    recipient = item.attributes["public"]
    identity = age.plugin_identity(_PLUGIN, age.read_recipient(recipient))
    lines = (f"# key: {single_line(item.label)}", f"# recipient: {recipient}", identity)
    output.value({"identity": identity, "recipient": recipient}, "\n".join(lines))
    return Exit.OK


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    _key_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask in the terminal")


def _delete(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
    if not arguments.yes and not confirmed(f"{sentence(named(item))} can be used no more after that. Delete it?"):
        raise CommandError("nothing was deleted", Exit.DENIED)
    with connect() as client:
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
    "wallet: `etui door enable ssh-agent` has SSH and git use it, and the Trusted Dialog asks. A key of x25519 is for\n"
    "files of age: its public part is the recipient, and `etui key identity` has age decrypt with it. Programs use\n"
    "the others by crypto/1. A key is for one thing: p256 for sign, encrypt or derive, x25519 for wrap, encrypt or\n"
    "derive, aes256 for encrypt or wrap, hmac256 for mac.",
    arguments=_make_arguments,
    run=_make,
    examples=(
        ("etui key make Work", "for ssh, git and whatever else speaks to an SSH agent"),
        ("etui key make 'Build machine' --bound", "one that nobody can export"),
        ("etui key make Files --algorithm x25519", "one to encrypt files to with age"),
    ),
)
IMPORT = Command(
    name="key import",
    help="bring in a private key from a file, which stays there",
    text="Brings in a private key of OpenSSH's, or in PEM: Ed25519, P-256, P-384, X25519, or RSA from 2048 bits on\n"
    "for SSH; or the identities of age. A passphrase is asked for where the file has one. The file stays as it is;\n"
    "who has a copy can use that as before.",
    arguments=_import_arguments,
    run=_import,
    examples=(
        ("etui key import ~/.ssh/id_ed25519 --dry-run", "what that would bring in"),
        ("etui key import ~/.ssh/id_ed25519 --name Work", "and what to delete after"),
        ("etui key import keys.txt --name Files", "what age-keygen wrote"),
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
    help="print the public part of a key",
    arguments=_key_argument,
    run=_public,
    examples=(("etui key public work >> ~/.ssh/authorized_keys", "let it in here"),),
)
IDENTITY = Command(
    name="key identity",
    help="print the identity by which age decrypts with a key",
    text="Prints an identity file for age, which names the key and holds none: age starts `age-plugin-etui`, which it\n"
    "has to find in PATH, and the Trusted Dialog asks. Everybody can encrypt to the recipient in it, without a plugin.",
    arguments=_key_argument,
    run=_identity,
    examples=(
        ("etui key identity files > files.txt", "the identity"),
        ("age -d -i files.txt -o letter letter.age", "decrypts with it"),
    ),
)
DELETE = Command(
    name="key delete",
    help="delete a key for good",
    arguments=_delete_arguments,
    run=_delete,
    examples=(("etui key delete work", "asks first, here and in the Trusted Dialog"),),
)
