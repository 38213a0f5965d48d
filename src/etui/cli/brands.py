"""``etui brand use · drop``: how the Wallet Shell looks, which an operator may have made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.files import whole_file
from etui.cli.output import quoted

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def kept_in(home: Path) -> Path:
    """The file in which a profile keeps its brand."""
    return home / "shell" / "brand.json"


def _use_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a brand pack: brand.json and its logo")


def _use(arguments: Arguments, output: Output) -> Exit:
    from etui.shell.brand import BrandError, encode_kept, read_pack  # noqa: PLC0415  # for this command alone

    home = profile_place().home
    if not home.is_dir():
        raise CommandError(f"there is no profile in {home} yet: `etui up` makes one", Exit.NOT_FOUND)
    try:
        kept = read_pack(arguments.folder)
    except BrandError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    file = kept_in(home)
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CommandError(f"the brand cannot be kept in {home}: {error.strerror}") from None
    with whole_file(file, replace=True) as written:
        written.write(encode_kept(kept))
    name = kept.brand.name
    output.value({"brand": name}, f"The next `etui shell` is {quoted(name)}; `etui brand drop` makes it Etui's again.")
    return Exit.OK


def _drop(arguments: Arguments, output: Output) -> Exit:
    del arguments
    file = kept_in(profile_place().home)
    was = file.exists()
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{file} cannot be removed: {error.strerror}") from None
    output.value({"dropped": was}, "The next `etui shell` is Etui's own." if was else "There was no brand.")
    return Exit.OK


USE = Command(
    name="brand use",
    help="have the Wallet Shell look as an operator made it",
    text="Has the Wallet Shell bear an operator's name, logo, words and colours. A pack holds nothing that runs, and\n"
    "colours that could not be read are refused. The Trusted Dialog stays as you made it.",
    arguments=_use_arguments,
    run=_use,
    examples=(("etui brand use examples/brand", "an invented operator's"),),
)
DROP = Command(
    name="brand drop",
    help="have the Wallet Shell look as Etui made it",
    text="Has the Wallet Shell look as Etui made it.",
    run=_drop,
    examples=(("etui brand drop", "undo `etui brand use`"),),
)
