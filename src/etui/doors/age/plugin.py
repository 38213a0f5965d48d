"""The two state machines of the plugin protocol: ``recipient-v1`` encrypts, ``identity-v1`` decrypts.

::

    age ──► recipients, identities, file keys, done ──► plugin ──► a stanza for each, or errors ──► done
    age ──► identities, stanzas of headers, done ─────► plugin ──► file keys, or errors ──────────► done

Source: C2SP, ``age-plugin.md``, "Wrapping with recipient-v1" and "Unwrapping with identity-v1".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from etui.standards.age import (
    KEY_BYTES,
    AgeError,
    Stanza,
    base64,
    read_base64,
    read_plugin_identity,
    read_plugin_recipient,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.age.talk import Talk
    from etui.doors.age.wallet import Wallet

PLUGIN: Final = "etui"
_X25519: Final = "X25519"
_BODY_BYTES: Final = 32
_ASKS: Final = b"etui: the wallet asks in its Trusted Dialog"


class Fault(NamedTuple):
    """What age is told: ``place``, the arguments of the command ``error``, and why."""

    place: tuple[str, ...]
    why: str


def encrypt(talk: Talk) -> None:
    """``recipient-v1``: wraps each file key to each recipient, and to the key of each identity."""
    from etui.standards.age.x25519 import wrapped  # noqa: PLC0415  # what it loads is of no use before

    keys: list[tuple[str, int, bytes]] = []
    faults: list[Fault] = []
    file_keys: list[bytes] = []
    readers: dict[str, Callable[[str, str], bytes]] = {
        "recipient": read_plugin_recipient,
        "identity": read_plugin_identity,
    }
    counts = dict.fromkeys(readers, 0)
    for command in talk.commands():
        what = command.tag.removeprefix("add-")
        if command.tag == "wrap-file-key":
            file_keys.append(command.body)
        elif what in readers and command.tag != what:
            number, counts[what] = counts[what], counts[what] + 1
            try:
                keys.append((what, number, readers[what](_only(command), PLUGIN)))
            except AgeError as error:
                faults.append(Fault((what, str(number)), str(error)))
    stanzas: list[tuple[int, bytes, bytes]] = []
    for what, number, public in keys:
        try:
            stanzas += [(file, *wrapped(file_key, public)) for file, file_key in enumerate(file_keys)]
        except AgeError as error:
            faults.append(Fault((what, str(number)), str(error)))
    if faults:
        _tell(talk, faults)
    else:
        for file, share, body in stanzas:
            talk.tell("recipient-stanza", str(file), _X25519, base64(share), body=body)
    talk.done()


def decrypt(talk: Talk) -> None:
    """``identity-v1``: has the wallet unwrap the file key of each file, by whichever identity opens it first."""
    identities: list[bytes] = []
    faults: list[Fault] = []
    files: dict[str, list[Stanza]] = {}
    count = 0
    for command in talk.commands():
        if command.tag == "add-identity":
            try:
                identities.append(read_plugin_identity(_only(command), PLUGIN))
            except AgeError as error:
                faults.append(Fault(("identity", str(count)), str(error)))
            count += 1
        elif command.tag == "recipient-stanza" and len(command.arguments) > 2:  # noqa: PLR2004  # a file, and a stanza
            files.setdefault(command.arguments[1], []).append(Stanza(command.arguments[2:], command.body))
    if not faults:
        faults = _decrypt_all(talk, identities, files)
    _tell(talk, faults)
    talk.done()


def _decrypt_all(talk: Talk, identities: list[bytes], files: dict[str, list[Stanza]]) -> list[Fault]:
    """Tells age the file keys; what it is to be told besides."""
    from etui.doors.age.wallet import UnknownKeyError, Wallet, WalletError  # noqa: PLC0415  # not before it is clear what for

    faults: list[Fault] = []
    wallet: Wallet | None = None
    for file, stanzas in files.items():
        known = _known(file, stanzas)
        if isinstance(known, Fault):
            faults.append(known)
            continue
        missed: list[Fault] = []
        for number, public in enumerate(identities if known else []):
            try:
                wallet = wallet or Wallet(lambda: talk.tell("msg", body=_ASKS))
                file_key = wallet.unwrap(public, known)
            except UnknownKeyError as error:  # age tries the next identity, which an error would keep it from
                talk.tell("msg", body=_said(str(error)))
                continue
            except WalletError as error:
                missed.append(Fault(("identity", str(number)), str(error)))
                continue
            if file_key is not None:
                talk.tell("file-key", file, body=file_key)
                break
        else:
            faults += missed
    return faults


def _known(file: str, stanzas: list[Stanza]) -> list[tuple[bytes, bytes]] | Fault:
    """Share and body of those of a file's stanzas that may be for a key here; else which one is not formed as one."""
    from etui.standards.age.x25519 import is_low_order  # noqa: PLC0415  # what it loads is of no use before

    known = []
    for number, stanza in enumerate(stanzas):
        if stanza.tag != _X25519:
            continue
        try:
            _, share = stanza.arguments
            known.append((read_base64(share), stanza.body))
        except ValueError:  # AgeError is one
            return Fault(("stanza", file, str(number)), "a stanza X25519 is not formed as one")
        if len(known[-1][0]) != KEY_BYTES or len(stanza.body) != _BODY_BYTES:
            return Fault(("stanza", file, str(number)), "a stanza X25519 has a part of the wrong length")
        if is_low_order(known[-1][0]):
            return Fault(("stanza", file, str(number)), "a stanza X25519 has a share of low order")
    return known


def _only(command: Stanza) -> str:
    """The one argument of a command."""
    if len(command.arguments) != 2:  # noqa: PLR2004  # the command and its argument
        raise AgeError("a command has not the one argument that it needs")
    return command.arguments[1]


def _tell(talk: Talk, faults: list[Fault]) -> None:
    for fault in faults:
        talk.tell("error", *fault.place, body=_said(fault.why))


def _said(text: str) -> bytes:
    """A message of ours for people, which age writes to the terminal as it comes: without what would steer that."""
    return ("etui: " + "".join(char if char.isprintable() else " " for char in text)).encode()
