"""How every page looks: a part of the page itself, so that nothing else has to come before it is painted.

No other style has an effect: the page's policy names this one by its hash.

Source: Content Security Policy level 3, section 8.3 (hashes of what stands in the page).
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.shell.brand import read_kept

if TYPE_CHECKING:
    from etui.shell.brand import Brand, Kept

_FILE: Final = Path(__file__).with_name("shell.css")
_INDENT: Final = re.compile(r"\n\s*")


class Look:
    """How the pages of one Shell look: as the brand has it that a profile keeps in ``file``, or as Etui made it.

    ``style``: the CSS of every page. ``source``: what allows exactly that, as a source of ``style-src``. Raises
    ``BrandError`` for what is kept and is none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._wear(read_kept(file))

    def drop(self) -> None:
        """Takes the brand off, and keeps it no more; raises ``OSError`` where its file cannot be removed."""
        self._file.unlink(missing_ok=True)
        self._wear(None)

    def _wear(self, kept: Kept | None) -> None:
        self.kept = kept
        self.style = _style_of(kept.brand if kept is not None else None)
        self.source = _source_of(self.style)


def _style_of(brand: Brand | None) -> str:
    """The CSS of every page, with a brand's colours; nothing in it ends the element that it stands in."""
    own = _FILE.read_text(encoding="utf-8")
    return _INDENT.sub("\n", own + (brand.css if brand is not None else ""))


def _source_of(style: str) -> str:
    """What allows exactly this style, as a source of ``style-src``."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
