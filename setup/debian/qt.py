"""PySide6 as far as the Trusted Dialog loads it: of 234 MB, what it imports, and what Qt loads for that by itself.

The modules are those that the code imports. Plugins are found by Qt while it runs, so they are named here. What either
is linked to follows from the files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from setup.debian.errors import PackageError
from setup.debian.linking import linked_files, linked_to

PLUGINS: Final = (
    "platforminputcontexts/libcomposeplatforminputcontextplugin.so",
    "platforminputcontexts/libibusplatforminputcontextplugin.so",
    "platforms/libqoffscreen.so",
    "platforms/libqwayland.so",
    "platforms/libqxcb.so",
    "platformthemes/libqxdgdesktopportal.so",
    "wayland-decoration-client/libadwaita.so",
    "wayland-decoration-client/libbradient.so",
    "wayland-shell-integration/libxdg-shell.so",
)
"""Below ``PySide6/Qt/plugins``: input by compose key and ibus, both kinds of display and none, the desktop's settings,
and a window's frame where a compositor draws none. Pictures are PNG and SVG, which need none."""
_IMPORT: Final = re.compile(r"^\s*from PySide6\.(\w+) import ", re.MULTILINE)
_ROOMS: Final = ("PySide6", "shiboken6")


def imported_modules(code: Path) -> set[str]:
    """The modules of Qt that the code in this folder imports, as ``QtWidgets``."""
    texts = (path.read_text(encoding="utf-8") for path in code.rglob("*.py"))
    return {name for text in texts for name in _IMPORT.findall(text)}


def trim_qt(libraries: Path, code: Path) -> None:
    """Removes from the installed PySide6 and shiboken6 what the code never loads.

    Raises ``PackageError`` where a module or plugin is not there.
    """
    qt = libraries / "PySide6"
    begun = [
        *(qt / f"{module}.abi3.so" for module in imported_modules(code)),
        *(qt / "Qt" / "plugins" / plugin for plugin in PLUGINS),
        libraries / "shiboken6" / "Shiboken.abi3.so",
    ]
    if missing := [str(path) for path in begun if not path.exists()]:
        raise PackageError(f"PySide6 has no {', '.join(missing)}: setup/debian/qt.py names what another version has")
    files = [path for room in _ROOMS for path in linked_files(libraries / room)]
    kept = {*begun, *linked_to(begun, files), *qt.glob("*.py"), *(libraries / "shiboken6").glob("*.py")}
    kept.update((qt / "support").glob("*.py"))
    for room in _ROOMS:
        for path in sorted((libraries / room).rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in kept:
                path.unlink()
