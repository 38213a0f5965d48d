"""``etui settings · set · passphrase · recovery · appearance``: how the wallet behaves, unlocks and looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect, one_request
from etui.cli.exits import Exit
from etui.cli.output import single_line
from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def _settings(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        settings = client.call(wallet.Settings()).settings
    output.rows(settings, (("name", "NAME"), ("value", "VALUE"), ("text", "WHAT IT DOES")), "There are no settings.")
    return Exit.OK


def _set_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="as `etui settings` lists it")
    parser.add_argument("value", metavar="VALUE", help="of the kind that `etui settings` shows")


def _set(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        client.call(wallet.Set(name=arguments.name, value=arguments.value))
    text = single_line(f"{arguments.name} is {arguments.value} now.")
    output.value({"name": arguments.name, "value": arguments.value}, text)
    return Exit.OK


def _pin_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove", action="store_true", help="have no PIN any more")
    parser.add_argument("--unlock", action="store_true", help="the PIN that unlocks, where a TPM 2.0 counts the tries")


def _pin(arguments: Arguments, output: Output) -> Exit:
    unlocks = arguments.unlock
    what = "unlock pin" if unlocks else "pin"
    with connect() as client:
        if arguments.remove:
            client.call(wallet.RemovePin(unlocks=unlocks or None))
            instead = "No PIN unlocks any more" if unlocks else "There is no PIN any more"
            output.value({"removed": what}, f"{instead}; the passphrase {'does' if unlocks else 'confirms'}.")
        else:
            client.call(wallet.ChangePin(unlocks=unlocks or None))
            output.value({"changed": what}, "The PIN unlocks." if unlocks else "The PIN is set.")
    return Exit.OK


SETTINGS = Command(
    name="settings",
    help="list settings",
    run=_settings,
    examples=(("etui settings --json", "for a program"),),
)
SET = Command(
    name="set",
    help="change a setting",
    text="Changes a setting. Where that lets programs do more than before, or erases something, the dialog asks.",
    arguments=_set_arguments,
    run=_set,
    examples=(
        ("etui set auto_lock_s 300", "lock after five minutes without a request"),
        ("etui set audit_days 365", "have the audit forget what is older than a year"),
        ("etui set open_session off", "no program reads anything unasked"),
    ),
)
PASSPHRASE = Command(
    name="passphrase",
    help="change the passphrase, in the Trusted Dialog",
    run=one_request(
        wallet.ChangePassphrase(),
        {"changed": "passphrase"},
        "The passphrase is changed; the old one opens nothing any more.",
    ),
    examples=(("etui passphrase", "asks for the old one and the new one"),),
)
PIN = Command(
    name="pin",
    help="set, change or remove a PIN, to confirm or to unlock",
    text=(
        "Sets or changes the PIN, in the Trusted Dialog. It is asked instead of the passphrase where a plain yes is not"
        " enough, and unlocks nothing. After five wrong ones the passphrase is asked again. With --unlock it is another"
        " PIN, which unlocks on this machine, as long as its TPM 2.0 counts wrong ones."
    ),
    arguments=_pin_arguments,
    run=_pin,
    examples=(
        ("etui pin", "asks for the passphrase and a new PIN"),
        ("etui pin --remove", "the passphrase confirms again"),
        ("etui pin --unlock", "asks for the passphrase and a PIN that unlocks"),
    ),
)
RECOVERY = Command(
    name="recovery",
    help="make a new recovery key; the old one ends",
    text="Makes a new recovery key and shows it once, in the Trusted Dialog. The old one opens nothing after that.",
    run=one_request(
        wallet.ReplaceRecovery(),
        {"changed": "recovery"},
        "There is a new recovery key; the old one opens nothing any more.",
    ),
    examples=(("etui recovery", "when the old one may have been seen"),),
)
APPEARANCE = Command(
    name="appearance",
    help="change the dialog's picture, phrase and colour",
    run=one_request(wallet.Appearance(), {"changed": "appearance"}, "Picture, phrase and colour are changed."),
    examples=(("etui appearance", "when somebody may know them"),),
)
