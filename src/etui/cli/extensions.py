"""``etui extension list · install · remove · pack · sign · keygen``: what provides services and holds data."""

from __future__ import annotations

import getpass
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from etui.cli.command import Arguments, Command, absolute, connect, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.files import read_file, unreadable, whole_file
from etui.cli.handed import handed
from etui.cli.output import single_line
from etui.cli.typed import confirmed
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.standards.sizes import size

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from etui.cli.output import Output
    from etui.cli.packing import Pem

_SUFFIX = ".etuipkg"
_ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
_MAX_PASSPHRASE_BYTES = 4096


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--space", action="store_true", help="how much each keeps, and how much it may")


def _list(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        extensions = client.call(wallet.Extensions()).extensions
        if arguments.space:
            return _spaces(client.call(shell.Space()), extensions, output)
        if output.as_json:  # with the logo of each, which comes for one at a time
            rows = (client.call(wallet.Extensions(extension=row.extension)).extensions for row in extensions)
            extensions = [row for told in rows for row in told]
    columns = (
        ("extension", "EXTENSION"),
        ("name", "NAME"),
        ("version", "VERSION"),
        ("provides", "PROVIDES"),
        ("state", "STATE"),
    )
    output.rows(extensions, columns, "No Extension is installed.")
    links = _links(extensions)
    if links and not output.as_json:
        output.value(None, "\n")
        output.rows(links, (("title", "LINK"), ("extension", "EXTENSION"), ("command", "OPENED BY")), "")
    return Exit.OK


def _spaces(told: shell.SpaceResult, extensions: Sequence[wallet.ExtensionRow], output: Output) -> Exit:
    names = {row.extension: row.name for row in extensions}
    columns = (
        ("extension", "EXTENSION"),
        (lambda room: names.get(room.extension, ""), "NAME"),
        (lambda room: size(room.bytes), "USED"),
        (lambda room: size(room.quota_bytes), "OF"),
        ("records", "RECORDS"),
    )
    output.rows(told.rooms, columns, "No Extension keeps anything in the wallet's storage.")
    for reason in told.left_out or ():
        output.note(f"etui: what lies there is not counted: {reason}")
    return Exit.OK


class _Link(msgspec.Struct, frozen=True):
    """A link, and the command line that opens it."""

    title: str
    extension: str
    command: str


def _links(extensions: Sequence[wallet.ExtensionRow]) -> list[_Link]:
    provided = Counter(interface for row in extensions for interface in row.provides)
    links: list[_Link] = []
    for row in extensions:
        for link in row.links or ():
            interface, _, method = link.method.rpartition(".")
            to = f" --to {row.extension}" if provided[interface] > 1 else ""
            links.append(_Link(link.title, row.name, f"etui call {interface} {method}{to}"))
    return links


def _install_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=f"a signed package ({_SUFFIX})")


def _install(arguments: Arguments, output: Output) -> Exit:
    path = absolute(arguments.file)
    place = profile_place()
    try:
        with path.open("rb") as file, connect() as client:
            if not place.managed:
                result = client.call(wallet.Install(path=str(path)))
            else:
                with handed(place) as handing, handing.writing(file):
                    result = client.call(wallet.Install(path=str(path), handed=handing.token))
    except OSError as error:
        raise unreadable(path, error) from None
    output.value(result, single_line(f"Installed {result.extension} {result.version}."))
    return Exit.OK


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("extension", metavar="EXTENSION", help="as `etui extension list` names it")
    parser.add_argument("--yes", action="store_true", help="do not ask at the terminal; the Trusted Dialog still asks")


def _remove(arguments: Arguments, output: Output) -> Exit:
    name = single_line(arguments.extension)
    question = f"This removes {name} and destroys the key of its data, which nothing can read after that. Remove it?"
    if not arguments.yes and not confirmed(question):
        raise CommandError("nothing was removed", Exit.DENIED)
    with connect() as client:
        client.call(wallet.Remove(extension=arguments.extension))
    output.value({"removed": arguments.extension}, f"Removed {name}; what it held opens no more.")
    return Exit.OK


def _pack_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with manifest.toml at its top")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=f"default: the folder's name and {_SUFFIX}")
    parser.add_argument("--replace", action="store_true", help="in place of the file of that name, as on a second try")


def _pack(arguments: Arguments, output: Output) -> Exit:
    from etui.cli.packing import packed  # noqa: PLC0415  # trusted code, for who publishes

    folder = absolute(arguments.folder)
    path = arguments.output or Path(f"{folder.resolve().name}{_SUFFIX}")
    package = packed(folder)
    with whole_file(path, 0o644, replace=arguments.replace) as file:
        file.write(package)
    output.value({"file": str(path), "bytes": len(package)}, f"Packed {path} ({len(package)} bytes), not signed yet.")
    return Exit.OK


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase-fd", type=int, metavar="N", help="read the key's passphrase from this descriptor")


def _sign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=f"a package ({_SUFFIX}); replaced by the signed one")
    parser.add_argument("--key", type=Path, required=True, metavar="KEY", help="of `etui extension keygen`")
    parser.add_argument(
        "--after",
        type=Path,
        action="append",
        default=[],
        metavar="KEY",
        help="an earlier key of yours, which states that this one comes after it; may be given again",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the signed package here instead")
    _key_arguments(parser)


def _sign(arguments: Arguments, output: Output) -> Exit:
    from etui.cli.packing import signed  # noqa: PLC0415  # trusted code, for who publishes

    key, *earlier = _pems(arguments)
    package, what = signed(read_file(arguments.file), key, earlier)
    path: Path = arguments.output or arguments.file
    with whole_file(path, 0o644, replace=arguments.output is None) as file:
        file.write(package)
    output.value(what, f"Signed {path}: {what.extension} {what.version}\nby {what.fingerprint}")
    return Exit.OK


def _pems(arguments: Arguments) -> list[Pem]:
    """The key that signs, and those before it; a passphrase from a descriptor is that of each that has one."""
    paths: list[Path] = [arguments.key, *arguments.after]
    pems: list[Pem] = []
    given: bytes | None = None
    for path in paths:
        text, passphrase = read_file(path), None
        if _ENCRYPTED in text:
            passphrase = given or _passphrase(arguments, twice=False, of=f" {path}")
            given = passphrase if arguments.passphrase_fd is not None else None
        pems.append((text, passphrase))
    return pems


def _keygen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", type=Path, metavar="KEY", help="the file to write")
    parser.add_argument("--no-passphrase", action="store_true", help="who has the file can sign")
    _key_arguments(parser)


def _keygen(arguments: Arguments, output: Output) -> Exit:
    from etui.cli.packing import new_key  # noqa: PLC0415  # trusted code, for who publishes

    passphrase = None if arguments.no_passphrase else _passphrase(arguments, twice=True)
    pem, fingerprint = new_key(passphrase)
    with whole_file(arguments.key) as file:
        file.write(pem)
    text = f"Wrote {arguments.key}. Keep it: only it can sign later versions. People know it as\n{fingerprint}"
    output.value({"file": str(arguments.key), "fingerprint": fingerprint}, text)
    return Exit.OK


def _passphrase(arguments: Arguments, *, twice: bool, of: str = "") -> bytes:
    if arguments.passphrase_fd is not None:
        try:
            passphrase = os.read(arguments.passphrase_fd, _MAX_PASSPHRASE_BYTES).removesuffix(b"\n")
        except OSError as error:
            raise CommandError(f"descriptor {arguments.passphrase_fd}: {error.strerror}", Exit.USAGE) from None
    elif not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask for the key's passphrase: give --passphrase-fd", Exit.USAGE)
    else:
        passphrase = getpass.getpass(f"Passphrase of the publisher's key{of}: ").encode()
        if twice and getpass.getpass("Once more: ").encode() != passphrase:
            raise CommandError("the two were not the same", Exit.USAGE)
    if not passphrase:
        raise CommandError("the passphrase is empty; --no-passphrase makes a key without one", Exit.USAGE)
    return passphrase


LIST = Command(
    name="extension list",
    help="list installed Extensions and their links",
    text="Lists installed Extensions, and below them the links that they publish: entries that call their Extension.\n"
    "A link has no command of its own; it is opened by `etui call`, as the list has it.",
    arguments=_list_arguments,
    run=_list,
    stands_for_group=True,
    examples=(
        ("etui extension", "names, versions, what they provide, whether they run, and their links"),
        ("etui extension list --space", "what each uses of its space"),
        ("etui call org.example.parking/1 present", "opens the link “My parking permits” of the example"),
    ),
)
INSTALL = Command(
    name="extension install",
    help="install a signed package",
    text="Installs a signed package. The Trusted Dialog shows its publisher and what it may do, and asks.",
    arguments=_install_arguments,
    run=_install,
    examples=((f"etui extension install parking{_SUFFIX}", "or an update of it"),),
)
REMOVE = Command(
    name="extension remove",
    help="remove an Extension and destroy its key",
    text="Removes an Extension and destroys the key of its data: nothing can read that data after it. It asks first,\n"
    "and so does the Trusted Dialog.",
    arguments=_remove_arguments,
    run=_remove,
    examples=(("etui extension remove ext:org.example/org.example.parking", "as `etui extension list` names it"),),
)
PACK = Command(
    name="extension pack",
    help="make a package of a folder",
    text="Makes a package of a folder; the same files give the same package, bit for bit. No wallet needs to run.",
    arguments=_pack_arguments,
    run=_pack,
    examples=((f"etui extension pack parking -o parking{_SUFFIX}", "next: `etui extension sign`"),),
)
SIGN = Command(
    name="extension sign",
    help="sign a package",
    text="Signs a package with its publisher's key, and refuses one that could never be installed. Where a wallet\n"
    "knows the publisher by another key, an update is taken only if that one is named with --after. A passphrase\n"
    "from --passphrase-fd opens all of them.",
    arguments=_sign_arguments,
    run=_sign,
    examples=(
        (f"etui extension sign parking{_SUFFIX} --key publisher.pem", "asks for the key's passphrase"),
        (f"etui extension sign parking{_SUFFIX} --key new.pem --after publisher.pem", "with a new key from now on"),
    ),
)
KEYGEN = Command(
    name="extension keygen",
    help="make a publisher's key",
    text="Makes a publisher's key (Ed25519, in a PKCS#8 PEM file), encrypted under a passphrase.",
    arguments=_keygen_arguments,
    run=_keygen,
    examples=(("etui extension keygen publisher.pem", "asks for a passphrase"),),
)
