"""All commands, in the order of the start page, and where each one is.

A command is loaded when it is named, and with it no other: ``etui find`` has no use for what ``etui pay`` needs, and
``etui up`` becomes the supervisor, which stays for as long as the wallet.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from etui.cli.command import Command

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "begin": {
        "run": "run.COMMAND",
        "up": "up.COMMAND",
        "init": "state.INIT",
        "shell": "shell.COMMAND",
        "status": "state.STATUS",
        "doctor": "doctor.COMMAND",
        "unlock": "state.UNLOCK",
        "lock": "state.LOCK",
        "stop": "state.STOP",
    },
    "what lies in it": {
        "find": "items.FIND",
        "add": "items.ADD",
        "use": "handing.USE",
        "code": "handing.CODE",
        "use-at": "lending.USE_AT",
        "reveal": "items.REVEAL",
        "history": "items.HISTORY",
        "restore-value": "items.RESTORE_VALUE",
        "delete": "items.DELETE",
        "import secret-service": "moving.IMPORT",
        "import undo": "moving.UNDO",
    },
    "keys": {
        "key list": "keys.LIST",
        "key make": "keys.MAKE",
        "key import": "keys.IMPORT",
        "key certificate": "keys.CERTIFICATE",
        "key public": "keys.PUBLIC",
        "key identity": "keys.IDENTITY",
        "key export": "key_export.EXPORT",
        "key delete": "keys.DELETE",
        "sign": "signing.SIGN",
        "verify": "signing.VERIFY",
        "git setup": "git.SETUP",
    },
    "cards, payments and receipts": {
        "card list": "cards.LIST",
        "card add": "cards.ADD",
        "card show": "cards.SHOW",
        "card prefer": "cards.PREFER",
        "card suspend": "cards.SUSPEND",
        "card resume": "cards.RESUME",
        "card remove": "cards.REMOVE",
        "pay": "paying.COMMAND",
        "pay-qr": "qr_codes.PAY",
        "tap": "tap.COMMAND",
        "payments list": "payments.LIST",
        "payments show": "payments.SHOW",
        "payments finish": "payments.FINISH",
        "routes list": "routes.LIST",
        "routes on": "routes.ON",
        "routes off": "routes.OFF",
        "routes refresh": "routes.REFRESH",
        "receipts list": "receipts.LIST",
        "receipts add": "receipts.ADD",
        "receipts show": "receipts.SHOW",
        "receipts note": "receipts.NOTE",
        "receipts totals": "receipts.TOTALS",
        "receipts export": "receipts.EXPORT",
        "receipts remove": "receipts.REMOVE",
    },
    "who may do what": {
        "clients": "rights.CLIENTS",
        "grants": "rights.GRANTS",
        "grant": "rights.GRANT",
        "amend": "rights.AMEND",
        "revoke": "rights.REVOKE",
        "guard known": "guard.KNOWN",
        "guard stopped": "guard.STOPPED",
        "guard trust": "guard.TRUST",
        "guard trusted": "guard.TRUSTED",
        "guard distrust": "guard.DISTRUST",
    },
    "what was asked for": {
        "audit list": "records.LIST",
        "audit verify": "records.VERIFY",
        "why": "records.WHY",
    },
    "ways in": {
        "door list": "doors.LIST",
        "door enable": "doors.ENABLE",
        "door disable": "doors.DISABLE",
        "browser install": "browser_hosts.INSTALL",
        "browser uninstall": "browser_hosts.UNINSTALL",
        "browser list": "browser.LIST",
        "browser unpair": "browser.UNPAIR",
    },
    "what it is made of": {
        "extension list": "extensions.LIST",
        "extension install": "extensions.INSTALL",
        "extension remove": "extensions.REMOVE",
        "extension pack": "extensions.PACK",
        "extension sign": "extensions.SIGN",
        "extension keygen": "extensions.KEYGEN",
        "interface list": "published.LIST",
        "interface show": "published.SHOW",
        "interface generate": "published.GENERATE",
        "call": "calling.CALL",
        "brand use": "brands.USE",
        "brand drop": "brands.DROP",
    },
    "how it is kept": {
        "settings": "settings.SETTINGS",
        "set": "settings.SET",
        "passphrase": "settings.PASSPHRASE",
        "pin": "settings.PIN",
        "fingerprint on": "fingerprint.ON",
        "fingerprint off": "fingerprint.OFF",
        "fingerprint status": "fingerprint.STATUS",
        "login-unlock on": "login_unlock.ON",
        "login-unlock off": "login_unlock.OFF",
        "login-unlock status": "login_unlock.STATUS",
        "recovery": "settings.RECOVERY",
        "appearance": "settings.APPEARANCE",
        "export": "backup.EXPORT",
        "restore": "backup.RESTORE",
        "managed on": "managed.ON",
        "managed off": "managed.OFF",
    },
    "help": {
        "help": "reference.HELP",
        "completion": "reference.COMPLETION",
    },
}
"""Each command's name, and its module and constant there, by the section that it stands in."""
GROUPS: Final = {
    "card": "Cards that pay, of any issuer.",
    "payments": "What was paid, and what is pending.",
    "routes": "Schemes of operators by which payments go.",
    "receipts": "What merchants signed about what was paid.",
    "fingerprint": "Whether a finger confirms in place of the PIN.",
    "login-unlock": "Whether your login password unlocks the wallet, too.",
    "guard": "Who looks like somebody you know, and is not.",
    "audit": "What was asked for and decided.",
    "git": "How git uses the wallet.",
    "import": "What another keyring holds, taken over.",
    "key": "Keys that are used and never handed out.",
    "door": "How outside programs reach the wallet.",
    "browser": "Browsers whose pages reach the wallet.",
    "extension": "What provides services and holds data.",
    "interface": "What Clients can ask for.",
    "managed": "Wallets that the machine runs for its users.",
    "brand": "How the Wallet Shell looks.",
}
"""What the commands of a group are about."""
FIRST_WORDS: Final = sorted({name.partition(" ")[0] for section in SECTIONS.values() for name in section})


def commands_of(first_word: str) -> list[Command]:
    """The command of this name, or all of the group."""
    return [
        _load(place)
        for section in SECTIONS.values()
        for name, place in section.items()
        if name.partition(" ")[0] == first_word
    ]


def all_commands() -> dict[str, list[Command]]:
    """Every command, by section."""
    return {title: [_load(place) for place in section.values()] for title, section in SECTIONS.items()}


def _load(place: str) -> Command:
    module, _, constant = place.partition(".")
    command = getattr(import_module(f"etui.cli.{module}"), constant)
    if not isinstance(command, Command):
        raise TypeError(f"{place} is no command")
    return command
