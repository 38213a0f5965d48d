"""``etui sign`` and ``etui verify``: texts that are read before they are signed."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.files import check_free, read_file, unreadable, whole_file
from etui.cli.keys import KINDS
from etui.cli.naming import item_to_name, named
from etui.cli.output import moment, printable, quoted, single_line
from etui.interfaces import sign_1 as sign

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output
    from etui.sdk.verify import SignedText

_FACES: Final = {"window": "in a window", "terminal": "in a terminal", "script": "to nobody: a script answered"}
_ASSURANCES: Final = {
    "consent": "a yes at its end",
    "fingerprint": "a yes at its end, with a finger that the machine recognised and the wallet did not check",
    "pin": "a yes at its end, with the PIN or the passphrase",
}
_INSTALLED: Final = {"per_user": "under its user's own account", "managed": "under accounts of its own"}
_UNKNOWN_TYPE: Final = "application/octet-stream"


def _sign_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", type=Path, metavar="TEXT-FILE", help="the text, in UTF-8")
    parser.add_argument("--key", required=True, metavar="KEY", help="a reference, or words that match exactly one key")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the signed text goes")
    parser.add_argument("--title", default="", metavar="TITLE", help="what it is called (default: the file's name)")
    parser.add_argument("--for", dest="party", metavar="NAME", help="for whom it is signed")
    parser.add_argument(
        "--attach", type=Path, action="append", default=[], metavar="FILE", help="a file whose digest is signed with it"
    )
    parser.add_argument("--form", choices=("jws", "cose"), default="jws", help="how it is written (default: jws)")


def _sign(arguments: Arguments, output: Output) -> Exit:
    check_free(arguments.out)
    request = sign.SignText(
        item="",
        title=arguments.title or arguments.text.name,
        relying_party=arguments.party,
        attachments=[_attachment(path) for path in arguments.attach] or None,
        text=_text(arguments.text),
        form=arguments.form,
    )
    with connect() as client:
        item = item_to_name(client, arguments.key, KINDS)
        signed = client.call(msgspec.structs.replace(request, item=item.item))
    data = signed.cose or f"{signed.jws}\n".encode()
    with whole_file(arguments.out, 0o644) as file:
        file.write(data)
    written = {"file": str(arguments.out), "form": arguments.form, "bytes": len(data)}
    output.value(written, f"Signed with {named(item)}: {single_line(str(arguments.out))}")
    return Exit.OK


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no text in UTF-8", Exit.USAGE) from None


def _attachment(path: Path) -> sign.Attachment:
    digest, size = _digest(path)
    media_type = mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE
    return sign.Attachment(name=path.name, media_type=media_type, size=size, sha256=digest)


def _digest(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file in base 16, and its size in bytes."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    except OSError as error:
        raise unreadable(path, error) from None


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a signed text, as `etui sign` writes one")
    parser.add_argument(
        "--key", metavar="KEY", help="whose it has to be: a file with a public key, or a fingerprint SHA256:…"
    )
    parser.add_argument("--text", type=Path, metavar="FILE", help="the text that it has to be, byte for byte")
    parser.add_argument(
        "--attachment", type=Path, action="append", default=[], metavar="FILE", help="a file that it has to name"
    )


def _verify(arguments: Arguments, output: Output) -> Exit:
    from etui.sdk.verify import VerificationError, verify_signed_text  # noqa: PLC0415  # no other command needs it

    expected = _expected_key(arguments.key)
    try:
        signed = verify_signed_text(read_file(arguments.file), key=expected)
    except VerificationError as error:
        raise CommandError(f"{arguments.file} is not verified: {error}") from None
    if arguments.text is not None and read_file(arguments.text) != signed.statement.text.encode():
        raise CommandError(f"{arguments.file} is not verified: the text in it is not that of {arguments.text}")
    checked = [_checked(signed, path, arguments.file) for path in arguments.attachment]
    value = {
        "form": signed.form,
        "key": signed.key,
        "key_expected": signed.is_expected,
        "attachments_checked": checked,
        "statement": signed.statement,
    }
    output.value(value, _told(signed, checked))
    if not signed.is_expected:
        output.note("etui: nobody but the file says whose key that is: compare the fingerprint, or give --key")
    if signed.statement.test:
        output.note("etui: it was signed in a test profile, where nothing is promised")
    return Exit.OK


def _expected_key(given: str | None) -> str:
    if given is None or given.startswith("SHA256:"):
        return given or ""
    try:
        return read_file(Path(given)).decode("ascii")
    except UnicodeDecodeError:
        raise CommandError(f"{given} holds no public key", Exit.USAGE) from None


def _checked(signed: SignedText, path: Path, file: Path) -> str:
    """The name under which the text has this file; raises ``CommandError`` where it has no such."""
    digest, size = _digest(path)
    found = signed.attachment(digest)
    if found is None or found.size != size:
        raise CommandError(f"{file} is not verified: {path} is none of the attachments of the text")
    return found.name


def _told(signed: SignedText, checked: list[str]) -> str:
    statement = signed.statement
    display = "protected display" if statement.protected else "unprotected display"
    rows = [
        ("Signed by", signed.key),
        ("Title", statement.title),
        *([("For", statement.relying_party)] if statement.relying_party else []),
        *(("Attached", _of_attachment(one, checked)) for one in statement.attachments or ()),
        ("Shown", f"whole, {_FACES[statement.face]} ({statement.display}, {display})"),
        ("When", moment(statement.shown_at)),
        ("Approved", _ASSURANCES[statement.assurance]),
        ("Wallet", _INSTALLED[statement.installed]),
    ]
    width = max(len(name) for name, _ in rows)
    head = "\n".join(f"{name:<{width}}  {single_line(value)}" for name, value in rows)
    text = "\n".join(f"| {printable(line)}".rstrip() for line in statement.text.split("\n"))
    return f"{head}\n\n{text}"


def _of_attachment(attachment: sign.Attachment, checked: list[str]) -> str:
    state = "the file given" if attachment.name in checked else "not compared"
    kind = f"{attachment.media_type}, {attachment.size} bytes, SHA-256 {attachment.sha256}"
    return f"{quoted(attachment.name)}, {kind}: {state}"


SIGN = Command(
    name="sign",
    help="sign a text that you read in the Trusted Dialog",
    text="Shows the text whole in the Trusted Dialog, and signs it once you read it to its end and said yes: each\n"
    "time, whatever you allowed before. Signed with it are its title, for whom it is, the digests of what is\n"
    "attached, and how it was shown. A character that is not seen as it is, as a tab or a blank at the end of a\n"
    "line, is refused.",
    arguments=_sign_arguments,
    run=_sign,
    examples=(
        ("etui sign lease.txt --key work --out lease.jws", "a text of your own"),
        ("etui sign lease.txt --key work --for 'Landlord & Co' --attach plan.pdf --out lease.jws", "with a file"),
    ),
)
VERIFY = Command(
    name="verify",
    help="verify a signed text, without a wallet",
    text="Says who signed a text, what it is and how the signer's wallet says that it was shown. It needs no wallet\n"
    "and no net. It ends with 0 where the signature is right and everything given fits, else with 1. Who holds the\n"
    "key signed it; that the text was read is the word of the wallet which holds that key.",
    arguments=_verify_arguments,
    run=_verify,
    examples=(
        ("etui verify lease.jws --key tenant.pub", "that it is the tenant's"),
        ("etui verify lease.jws --text lease.txt --attachment plan.pdf --json", "that it is this text and this file"),
    ),
)
