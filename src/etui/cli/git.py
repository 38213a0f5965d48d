"""``etui git setup``: has git sign with a key of the wallet's."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from etui.cli.command import Arguments, Command, connect
from etui.cli.exits import CommandError, Exit
from etui.cli.keys import KINDS
from etui.cli.naming import item_to_name, named
from etui.cli.output import single_line
from etui.cli.typed import confirmed
from etui.interfaces import crypto_1 as crypto

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output

_TIMEOUT_S: Final = 10.0
_SIGNERS: Final = "gpg.ssh.allowedSignersFile"
_SIGNERS_FILE: Final = "~/.ssh/allowed_signers"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a reference, or words that match exactly one key")
    parser.add_argument("--local", action="store_true", help="for the repository here alone, not for all of yours")
    parser.add_argument("--yes", action="store_true", help="write them without asking in the terminal")


def _setup(arguments: Arguments, output: Output) -> Exit:
    if shutil.which("git") is None:
        raise CommandError("there is no git in PATH; install it first", Exit.FAILED)
    with connect() as client:
        item = client.call(crypto.Describe(item=item_to_name(client, arguments.key, KINDS).item)).item
    place = "--local" if arguments.local else "--global"
    settings = {
        "gpg.format": "ssh",
        "user.signingkey": f"key::{item.attributes['public']}",
        "commit.gpgsign": "true",
    }
    commands = [["git", "config", place, name, value] for name, value in settings.items()]
    shown = "\n".join(shlex.join(command) for command in commands)
    before = {name: found for name in settings if (found := _present(name, place)) is not None}
    for name, value in before.items():
        output.note(single_line(f"etui: {name} is {value} now"))
    output.note(f"This has git sign each commit with {named(item)}:\n{shown}")
    if not arguments.yes and not confirmed("Write these three settings?"):
        raise CommandError("nothing was written", Exit.DENIED)
    for command in commands:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        if ran.returncode:
            raise CommandError(single_line(f"git refused: {ran.stderr.strip() or ran.returncode}"))
    undo = "\n".join(_undo(place, name, before.get(name)) for name in settings)
    verify = _verifying(place, item.attributes["public"])
    lines = "\n".join(verify)
    output.value(
        {"settings": settings, "before": before, "verify": verify},
        f"git signs with {named(item)} from now on, where it finds the agent (`etui door enable ssh-agent`).\n"
        f"To verify, it reads who may sign from a file, which was left as it is. This puts you there:\n{lines}\n"
        f"This undoes it:\n{undo}",
    )
    return Exit.OK


def _verifying(place: str, public: str) -> list[str]:
    """The commands by which git finds this key's signatures good here; the user's to run."""
    who = "".join((_present("user.email") or "").split()) or "*"
    signer = single_line(f'{who} namespaces="git" {public}')
    signers = _present(_SIGNERS, "--type=path")
    append = f"echo {shlex.quote(signer)} >> {shlex.quote(signers) if signers else _SIGNERS_FILE}"
    return [append] if signers else [append, f"git config {place} {_SIGNERS} {_SIGNERS_FILE}"]


def _present(name: str, *options: str) -> str | None:
    """A setting as it stands; nothing where it does not."""
    command = ["git", "config", *options, "--get", name]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    return ran.stdout.removesuffix("\n") if ran.returncode == 0 else None


def _undo(place: str, name: str, before: str | None) -> str:
    if before is None:
        return shlex.join(["git", "config", place, "--unset", name])
    return shlex.join(["git", "config", place, name, before])


SETUP = Command(
    name="git setup",
    help="have git sign commits with a key of the wallet's",
    text="Shows the three settings by which git signs each commit with this key, and writes them when you say so. It\n"
    "says what they were, how to undo it, and what has git verify your signatures here. A tag is signed where you say\n"
    "so: `git tag -s`. git reaches the key by the SSH agent: `etui door enable ssh-agent`.",
    arguments=_arguments,
    run=_setup,
    examples=(
        ("etui git setup work", "for all your repositories"),
        ("etui git setup work --local", "for the one here"),
    ),
)
