"""``etui browser install · uninstall``: lets browsers find the wallet, and takes that back."""

from __future__ import annotations

import argparse
import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import Arguments, Command, profile_place
from etui.cli.exits import CommandError, Exit
from etui.cli.output import single_line
from etui.doors.browser.manifests import BROWSERS, EXTENSION, FIREFOX_EXTENSION, Browser, files
from etui.protocol import find_place

if TYPE_CHECKING:
    from etui.cli.output import Output

_NAMES: Final = tuple(browser.name for browser in BROWSERS)


class Installed(msgspec.Struct, frozen=True):
    """What was written, or taken away. ``extension``: the folder that the browser is to load."""

    browsers: list[str]
    files: list[str]
    extension: str


class Standing(Enum):
    """What a browser finds: this installation's host for this profile, none, or another one."""

    CURRENT = "current"
    ABSENT = "absent"
    OUTDATED = "outdated"


def standing(home: Path) -> dict[Browser, Standing]:
    """How the browsers stand that the user with this home has started.

    Raises ``CommandError`` where the profile has no place, ``OSError`` for a file that cannot be read.
    """
    return {one: _standing(one, home) for one in BROWSERS if (home / one.settings).is_dir()}


def _standing(browser: Browser, home: Path) -> Standing:
    wanted = _files([browser], home)
    if not any(path.exists() for path in wanted):
        return Standing.ABSENT
    same = all(path.is_file() and path.read_text("utf-8", "replace") == text for path, text in wanted.items())
    return Standing.CURRENT if same else Standing.OUTDATED


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "browsers",
        nargs="*",
        type=_name,
        metavar="BROWSER",
        help=f"{', '.join(_NAMES)}; without one, all that this user has started",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def _name(text: str) -> str:
    if text not in _NAMES:
        raise argparse.ArgumentTypeError(f"there is no {text!r} here: one of {', '.join(_NAMES)}")
    return text


def _install(arguments: Arguments, output: Output) -> Exit:
    chosen = _chosen(arguments)
    wanted = _files(chosen, Path.home())
    if not arguments.dry_run:
        for path, text in wanted.items():
            _write(path, text)
    did = "Would write" if arguments.dry_run else "Wrote"
    lines = [f"{did} {single_line(str(path))}" for path in wanted]
    if any(one.chromium for one in chosen):
        lines.append(
            f"Chromium and its like: open chrome://extensions, switch on “Developer mode”, and load {EXTENSION}"
        )
    if not all(one.chromium for one in chosen):
        temporary = f"load as a temporary add-on {EXTENSION / 'manifest.json'}, which Firefox forgets when it ends"
        lines += [
            f"Firefox: open about:debugging#/runtime/this-firefox, and {temporary}",
            f"Debian's Firefox ESR, for good and for all users: have root copy {EXTENSION} to {FIREFOX_EXTENSION}",
        ]
    lines.append("Then `etui door enable browser`, and press the extension's button to pair the browser.")
    told = Installed([one.name for one in chosen], [str(path) for path in wanted], str(EXTENSION))
    output.value(told, "\n".join(lines))
    return Exit.OK


def _uninstall(arguments: Arguments, output: Output) -> Exit:
    chosen = _chosen(arguments)
    there = [path for path in _files(chosen, Path.home()) if path.exists()]
    if not arguments.dry_run:
        for path in there:
            path.unlink(missing_ok=True)
    did = "Would delete" if arguments.dry_run else "Deleted"
    lines = [f"{did} {single_line(str(path))}" for path in there] or ["No browser finds the wallet: nothing to delete."]
    lines.append("`etui browser list` shows browsers that are paired; `etui browser unpair` takes that back.")
    told = Installed([one.name for one in chosen], [str(path) for path in there], str(EXTENSION))
    output.value(told, "\n".join(lines))
    return Exit.OK


def _chosen(arguments: Arguments) -> list[Browser]:
    """The browsers that were named, or else those that were ever started; raises ``CommandError`` where none was."""
    named = set(arguments.browsers)
    chosen = [one for one in BROWSERS if one.name in named or (not named and (Path.home() / one.settings).is_dir())]
    if not chosen:
        raise CommandError(f"no browser of this user's is found: name one of {', '.join(_NAMES)}", Exit.USAGE)
    return chosen


def _files(browsers: list[Browser], home: Path) -> dict[Path, str]:
    """What lies where for these browsers, by which a host finds this profile."""
    profile = profile_place().home
    usual = {name: value for name, value in os.environ.items() if name != "ETUI_HOME"}
    variables = {} if profile == find_place(usual, os.getuid()).home else {"ETUI_HOME": str(profile)}
    return {path: text for one in browsers for path, text in files(one, home, sys.executable, variables).items()}


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(0o600 if path.suffix == ".json" else 0o700)
        new.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None


INSTALL = Command(
    name="browser install",
    help="let browsers find the wallet",
    text="Writes files into the user's own folders, by which a browser finds the wallet's native messaging host, and\n"
    "says how to load the extension. Nothing is paired by it: the Trusted Dialog asks when the extension's button is\n"
    "pressed.",
    arguments=_arguments,
    run=_install,
    examples=(
        ("etui browser install --dry-run", "what would be written where"),
        ("etui browser install firefox", "for Firefox alone"),
    ),
)
UNINSTALL = Command(
    name="browser uninstall",
    help="have browsers find the wallet no more",
    text="Deletes what `etui browser install` wrote. Pairings stay until `etui browser unpair`.",
    arguments=_arguments,
    run=_uninstall,
    examples=(("etui browser uninstall chromium", "for Chromium alone"),),
)
