"""Pillow as far as the wallet decodes pictures: PNG, JPEG and GIF, by its core, and no text, colour profile or film."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from setup.debian.errors import PackageError
from setup.debian.linking import linked_files, linked_to

_UNUSED: Final = ("_avif", "_imagingcms", "_imagingft", "_imagingtk", "_webp")
"""Modules that Pillow does without where they are not there."""


def trim_pillow(libraries: Path) -> None:
    """Removes from the installed Pillow the decoders that are not used, and the libraries of these alone.

    Raises ``PackageError`` where one is not there.
    """
    for name in _UNUSED:
        found = list((libraries / "PIL").glob(f"{name}.*.so"))
        if not found:
            raise PackageError(f"Pillow has no {name}: setup/debian/pictures.py names what another version has")
        for path in found:
            path.unlink()
    own = linked_files(libraries / "pillow.libs")
    for path in {*own} - linked_to(linked_files(libraries / "PIL"), own):
        path.unlink()
