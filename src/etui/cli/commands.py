"""All commands, in the order of the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.cli import (
    backup,
    calling,
    doors,
    extensions,
    git,
    handing,
    items,
    key_export,
    keys,
    lending,
    published,
    qr_codes,
    records,
    reference,
    rights,
    run,
    settings,
    signing,
    state,
    up,
)

if TYPE_CHECKING:
    from etui.cli.command import Command

SECTIONS: Final[dict[str, tuple[Command, ...]]] = {
    "begin": (run.COMMAND, up.COMMAND, *state.COMMANDS),
    "what lies in it": (
        items.FIND,
        items.ADD,
        handing.USE,
        handing.CODE,
        lending.USE_AT,
        items.REVEAL,
        items.HISTORY,
        items.RESTORE_VALUE,
        items.DELETE,
    ),
    "keys": (
        keys.LIST,
        keys.MAKE,
        keys.IMPORT,
        keys.CERTIFICATE,
        keys.PUBLIC,
        keys.IDENTITY,
        key_export.EXPORT,
        keys.DELETE,
        signing.SIGN,
        signing.VERIFY,
        git.SETUP,
    ),
    "paying": (qr_codes.PAY,),
    "who may do what": (rights.CLIENTS, rights.GRANTS, rights.GRANT, rights.REVOKE),
    "what was asked for": (records.LIST, records.VERIFY, records.WHY),
    "ways in": (doors.LIST, doors.ENABLE, doors.DISABLE),
    "what it is made of": (
        extensions.LIST,
        extensions.INSTALL,
        extensions.REMOVE,
        extensions.PACK,
        extensions.SIGN,
        extensions.KEYGEN,
        published.LIST,
        published.SHOW,
        published.GENERATE,
        calling.CALL,
    ),
    "how it is kept": (
        settings.SETTINGS,
        settings.SET,
        settings.PASSPHRASE,
        settings.PIN,
        settings.RECOVERY,
        settings.APPEARANCE,
        backup.EXPORT,
        backup.RESTORE,
    ),
    "help": (reference.HELP, reference.COMPLETION),
}
COMMANDS: Final = tuple(command for commands in SECTIONS.values() for command in commands)
GROUPS: Final = {
    "audit": "What was asked for and decided.",
    "git": "How git uses the wallet.",
    "key": "Keys that are used and never handed out.",
    "door": "How outside programs reach the wallet.",
    "extension": "What provides services and holds data.",
    "interface": "What Clients can ask for.",
}
