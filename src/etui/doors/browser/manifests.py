"""Where browsers look for native messaging hosts of their user's, and what has to lie there.

Beside each manifest lies the script that it names: a manifest names a program without arguments, and the program has to
find the profile that it was installed for.

Source: Chrome for Developers, "Native messaging"; MDN, "Native manifests".
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from etui.doors.browser.extension_ids import FIREFOX, ORIGIN
from etui.doors.browser.standing import host_command

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST: Final = "org.etui.browser"
EXTENSION: Final = Path(__file__).parent / "extension"
FIREFOX_EXTENSION: Final = f"/usr/share/mozilla/extensions/{{ec8030f7-c20a-464f-9b0e-13a3a9e97384}}/{FIREFOX}"
"""Where Firefox finds what root installed for everybody (the UUID is its own); Debian's takes what is not signed."""
_CHROMIUM_FOLDER: Final = "NativeMessagingHosts"
_FIREFOX_FOLDER: Final = "native-messaging-hosts"


class Browser(msgspec.Struct, frozen=True):
    """``settings``: its folder below the user's home, once it was started. ``hosts``: of manifests, in that."""

    name: str
    title: str
    settings: str
    hosts: str
    chromium: bool


BROWSERS: Final = (
    Browser("chromium", "Chromium", ".config/chromium", _CHROMIUM_FOLDER, chromium=True),
    Browser("chrome", "Google Chrome", ".config/google-chrome", _CHROMIUM_FOLDER, chromium=True),
    Browser("brave", "Brave", ".config/BraveSoftware/Brave-Browser", _CHROMIUM_FOLDER, chromium=True),
    Browser("edge", "Microsoft Edge", ".config/microsoft-edge", _CHROMIUM_FOLDER, chromium=True),
    Browser("vivaldi", "Vivaldi", ".config/vivaldi", _CHROMIUM_FOLDER, chromium=True),
    Browser("firefox", "Firefox", ".mozilla", _FIREFOX_FOLDER, chromium=False),
    Browser("librewolf", "LibreWolf", ".librewolf", _FIREFOX_FOLDER, chromium=False),
)


def files(browser: Browser, home: Path, interpreter: str, variables: Mapping[str, str]) -> dict[Path, str]:
    """What lies where, so that a browser finds the host; the script is the one that is to be executable.

    ``home``: the user's. ``variables``: by which the host finds the profile, where it is not the default one.
    """
    folder = home / browser.settings / browser.hosts
    script = folder / HOST
    return {
        script: host_script(interpreter, variables),
        folder / f"{HOST}.json": host_manifest(script, chromium=browser.chromium),
    }


def host_script(interpreter: str, variables: Mapping[str, str]) -> str:
    """The program that a manifest names, as a shell script; ``variables`` as for ``files``."""
    settings = "".join(f"{name}={shlex.quote(value)} " for name, value in sorted(variables.items()))
    return f'#!/bin/sh\n{settings}exec {shlex.join(host_command(interpreter))} "$@"\n'


def host_manifest(script: Path, *, chromium: bool) -> str:
    """What tells a browser of the host, whose program is ``script``."""
    allowed = {"allowed_origins": [ORIGIN]} if chromium else {"allowed_extensions": [FIREFOX]}
    text = "Hands on what the wallet's browser extension says to the wallet"
    manifest: dict[str, Any] = {"name": HOST, "description": text, "path": str(script), "type": "stdio", **allowed}
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"
