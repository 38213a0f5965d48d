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

if TYPE_CHECKING:
    from etui.shell.brand import Brand

_FILE: Final = Path(__file__).with_name("shell.css")
_INDENT: Final = re.compile(r"\n\s*")


def style_of(brand: Brand | None) -> str:
    """The CSS of every page, with a brand's colours; nothing in it ends the element that it stands in."""
    own = _FILE.read_text(encoding="utf-8")
    return _INDENT.sub("\n", own + (brand.css if brand is not None else ""))


def source_of(style: str) -> str:
    """What allows exactly this style, as a source of ``style-src``."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
