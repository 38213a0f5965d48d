"""``etui export · restore``: the whole wallet in one sealed file, and back."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from etui.cli.command import Arguments, Command, connect, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.files import check_free, unreadable, whole_file
from etui.cli.handed import handed, restoring
from etui.cli.output import moment, single_line
from etui.cli.progress import bytes_done
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost
from etui.trusted.archive import (
    ArchiveError,
    Contents,
    Folder,
    check_archive,
    check_target,
    check_vouched,
    look_over,
    size_of,
    unpack_archive,
    write_archive,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from etui.cli.output import Output
    from etui.protocol import Place

_LOCK_S: Final = 15.0
_LOOK_S: Final = 0.05


class Summary(msgspec.Struct, frozen=True):
    """What an archive holds, for programs."""

    file: str
    profile: str
    created: int
    files: int
    bytes: int


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the archive to write")


def _export(arguments: Arguments, output: Output) -> Exit:
    place = profile_place()
    check_free(arguments.file)  # before the wallet is locked for it
    try:
        contents = (_exported_by_the_machine if place.managed else _exported)(place, arguments.file, output)
    except ArchiveError as error:
        raise CommandError(str(error), Exit(error.fault)) from None
    text = f"Wrote {arguments.file}: {len(contents.files)} files, sealed as they lie in the wallet.\n"
    text += "It opens with the passphrase or the recovery key of today."
    output.value(_summary(arguments.file, contents), text)
    return Exit.OK


def _exported(place: Place, path: Path, output: Output) -> Contents:
    profile = Folder(place.home)
    if _lock():
        _tell_of_the_lock(output)
    with bytes_done("reading the wallet", size_of(place.home)) as advance:
        contents = look_over(profile, int(time.time()), advance)
    check_vouched(profile, contents)
    with bytes_done("writing the archive and comparing", 2 * _size(contents)) as advance, whole_file(path) as file:
        write_archive(profile, contents, file, advance)
    return contents


def _exported_by_the_machine(place: Place, path: Path, output: Output) -> Contents:
    with whole_file(path) as file, handed(place) as handing:
        with connect() as client:
            client.call(wallet.Export(handed=handing.token))
        _tell_of_the_lock(output)
        for piece in handing.pieces():
            file.write(piece)
        handing.done()
    with path.open("rb") as written:
        return check_archive(written)


def _tell_of_the_lock(output: Output) -> None:
    output.note("etui: the wallet was locked for this; `etui unlock` opens it again")


def _lock() -> bool:
    """Locks the wallet if it runs; whether that was needed. Raises ``CommandError`` where it does not lock."""
    deadline = time.monotonic() + _LOCK_S
    asked = False
    while time.monotonic() < deadline:
        try:
            with connect() as client:
                if client.call(wallet.Status()).state != "unlocked":
                    return asked
                if not asked:
                    client.call(wallet.Lock())
                    asked = True
        except ConnectionLost:
            if not asked:
                return False
        time.sleep(_LOOK_S)
    raise CommandError("the wallet does not lock; stop it with `etui stop` and export again")


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="an archive of `etui export`")


def _restore(arguments: Arguments, output: Output) -> Exit:
    place = profile_place()
    try:
        if not place.managed:
            check_target(place.home)
        with arguments.file.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            with bytes_done("checking the archive", size) as advance:
                contents = check_archive(file, advance)
            with bytes_done("writing the wallet", size) as advance:
                if place.managed:
                    _restore_to_the_machine(place, file, advance)
                else:
                    unpack_archive(file, place.home, advance)
    except ArchiveError as error:
        raise CommandError(str(error), Exit(error.fault)) from None
    except OSError as error:
        raise unreadable(arguments.file, error) from None
    text = f"Restored into {'what the machine runs for you' if place.managed else place.home}"
    text += f" the wallet as it was on {moment(contents.created)}.\n"
    start = f"ETUI_HOME={shlex.quote(str(place.home))} etui up" if os.environ.get("ETUI_HOME") else "etui up"
    text += f"Start it with `{start}`; it" if not place.managed else "It"
    text += " opens with the passphrase of then.\n"
    text += "The dialog shows neither picture nor phrase until `etui appearance` chooses new ones, and no door is\n"
    text += "open until `etui door enable` opens it. No browser is paired with it."
    output.value(_summary(arguments.file, contents), text)
    return Exit.OK


def _restore_to_the_machine(place: Place, file: BinaryIO, advance: Callable[[int], None]) -> None:
    file.seek(0)
    with restoring(place) as handing:
        handing.write(file, advance)
        handing.done()
        handing.over()


def _summary(file: Path, contents: Contents) -> Summary:
    return Summary(str(file), single_line(contents.profile), contents.created, len(contents.files), _size(contents))


def _size(contents: Contents) -> int:
    return sum(listed.size for listed in contents.files)


EXPORT = Command(
    name="export",
    help="write the whole wallet to one sealed archive",
    text="Writes the whole wallet to one archive, sealed as it lies on the disk. It locks the wallet first.\n"
    "Nothing that is sealed in it opens without the passphrase or the recovery key. Whoever has it sees what is not\n"
    "sealed: how many items and records there are, of what size, and when parts of the audit began; id, publisher and\n"
    "version of installed packages, and what is in them; an operator's policies; how many wrong passphrases were\n"
    "tried; the profile's id; and the key of the audit's next checkpoint. Whoever changes one of those in it is found\n"
    "out when the wallet is unlocked that is restored of it.\n"
    "The dialog's picture, phrase and colour are not in it, since they open without a passphrase; nor are open doors.\n"
    "For a wallet that the machine runs, whose files your programs cannot read, the dialog asks for the passphrase.",
    arguments=_export_arguments,
    run=_export,
    examples=(("etui export wallet.etui", "then keep it on another disk"),),
)
RESTORE = Command(
    name="restore",
    help="make a wallet of an archive, in a new folder",
    text="Makes a wallet of an archive, in the folder that ETUI_HOME names, which has to be empty or not there, or\n"
    "where the machine is to run your wallet (`etui managed`), and none was made yet: nothing is overwritten.\n"
    "All of the archive is checked before anything is written. The dialog's picture, phrase and colour are in no\n"
    "archive: it shows none until `etui appearance` chooses new ones. Nor is an open door: `etui door enable` opens\n"
    "it again. A browser has to be paired anew, and its pages have no right of before. What is not sealed is held\n"
    "against the wallet's key at the first unlock.",
    arguments=_restore_arguments,
    run=_restore,
    examples=(
        ("etui restore wallet.etui", "on a new machine"),
        ("ETUI_HOME=~/other etui restore wallet.etui", "beside the wallet of this machine"),
    ),
)
