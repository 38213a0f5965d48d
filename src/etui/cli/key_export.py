"""``etui key export``: a copy of a private key in a file, under a passphrase where the form has one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.files import check_free, whole_file
from etui.cli.keys import KINDS
from etui.cli.naming import item_to_name, named
from etui.cli.output import single_line
from etui.cli.typed import read_secret
from etui.interfaces import crypto_1 as crypto

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_AGE: Final = "age"
_OPENSSH: Final = "openssh"
_RAW: Final = "raw"
_FORMS: Final = ("pem", _OPENSSH, _AGE, _RAW)
_PLAIN: Final = ("aes256", "hmac256")
_X25519: Final = "x25519"
_NOT_FOR_AGE: Final = "that is the form of keys for age, and this one is none: leave out --form"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a reference, or words that match exactly one key")
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write; there must be none of that name")
    parser.add_argument(
        "--form",
        choices=_FORMS,
        default="pem",
        help="what it is to be (default: pem, which is PKCS#8; age and raw have no passphrase)",
    )


def _export(arguments: Arguments, output: Output) -> Exit:
    check_free(arguments.file)
    open_form = arguments.form in {_AGE, _RAW}
    passphrase = b"" if open_form else read_secret("Passphrase of the file")
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        _check_form(arguments.form, item.attributes.get("algorithm", ""))
        private = client.call(crypto.Export(item=item.item)).private
    text = _written(private, arguments.form, passphrase)
    with whole_file(arguments.file) as file:
        file.write(text)
    under = "It has no passphrase: keep it as you would the key." if open_form else "It has your passphrase."
    output.value(
        {"file": str(arguments.file), "form": arguments.form},
        f"Wrote a copy of {named(item)} to {single_line(str(arguments.file))}. {under}",
    )
    return Exit.OK


def _check_form(form: str, algorithm: str) -> None:
    """Raises ``CommandError`` for a form that a key of this algorithm has not; empty where that is not known yet."""
    if algorithm and form == _AGE and algorithm != _X25519:
        raise CommandError(_NOT_FOR_AGE, Exit.USAGE)
    if algorithm and (form == _RAW) != (algorithm in _PLAIN):
        raise CommandError("a key of plain bytes is exported with --form raw, and no other is", Exit.USAGE)
    if form == _OPENSSH and algorithm == _X25519:
        raise CommandError("OpenSSH has no form for keys for age: leave out --form, or say --form age", Exit.USAGE)


def _written(private: bytes, form: str, passphrase: bytes) -> bytes:
    """The key in this form; raises ``CommandError`` where there is none of it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # only this command waits for it
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415  # as above

    from etui.standards import age  # noqa: PLC0415  # as above

    if form == _RAW:
        return private
    key = serialization.load_der_private_key(private, password=None)
    if form == _AGE:
        if not isinstance(key, X25519PrivateKey):
            raise CommandError(_NOT_FOR_AGE, Exit.USAGE)
        recipient = age.recipient(key.public_key().public_bytes_raw())
        return f"# public key: {recipient}\n{age.secret_key(key.private_bytes_raw())}\n".encode("ascii")
    formats = {"pem": serialization.PrivateFormat.PKCS8, _OPENSSH: serialization.PrivateFormat.OpenSSH}
    try:
        return key.private_bytes(
            serialization.Encoding.PEM, formats[form], serialization.BestAvailableEncryption(passphrase)
        )
    except ValueError:  # the passphrase is too long
        raise CommandError("the file takes no such passphrase: choose a shorter one", Exit.USAGE) from None


EXPORT = Command(
    name="key export",
    help="write a copy of a private key to a file",
    text="Writes a copy of the private key to a file of mode 0600, under a passphrase that is asked for here. The\n"
    "Trusted Dialog asks each time, with your PIN or passphrase. A key that was made with --bound is never exported.",
    arguments=_arguments,
    run=_export,
    examples=(
        ("etui key export work work.pem", "PKCS#8 in PEM, under a passphrase"),
        ("etui key export work id_work --form openssh", "for ssh without the wallet"),
        ("etui key export files files.txt --form age", "for age without the wallet"),
    ),
)
