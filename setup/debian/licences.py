"""The package's copyright file: Etui's own licence and notice, and those of every library that it carries.

Source: Debian Policy 12.5, and "Machine-readable debian/copyright file", version 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Final

_HEAD: Final = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Etui
Comment:
 The libraries in /usr/lib/etui/lib are wheels as the Python Package Index has them, whose SHA-256 stand in
 requirements/run.txt of Etui's source, without what never runs; of PySide6_Essentials and shiboken6 that is most. Their
 source is published there, or at the addresses below, under the same versions. Nothing else was changed than that
 symbols were stripped, and the parts for single languages left out of ICU's data, which PySide6 brings. Each is a file
 of its own, so that another build of it can be put in its place, as the LGPL has it.

Files: *
Copyright: 2026 The Etui authors
License: Apache-2.0
Comment:
{notice}
"""
_LIBRARY: Final = """\
Files: {files}
Copyright: {author}
License: {licence}
Comment:
 {name} {version}{source}{texts}
"""
_TEXTS: Final = """\
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.

License: LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only
 On Debian systems the texts are in /usr/share/common-licenses/LGPL-3, GPL-2 and GPL-3.
"""
_CLASSIFIED: Final = "License :: "
_SITE: Final = "usr/lib/etui/lib/python3.11/site-packages"
_LICENCE_FILES: Final = ("*LICEN[CS]E*", "*COPYING*", "*NOTICE*", "*AUTHORS*")


def copyright_text(notice: Path, libraries: Path) -> str:
    """The file's text. ``notice``: of Etui. ``libraries``: where they are installed, each with its ``.dist-info``."""
    infos = sorted(libraries.glob("*.dist-info"))
    head = _HEAD.format(notice=_indented(notice.read_text(encoding="utf-8").splitlines()))
    return "\n".join([head, *(_library(info) for info in infos), _TEXTS])


def _library(info: Path) -> str:
    said = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
    texts = sorted({path for pattern in _LICENCE_FILES for path in info.rglob(pattern) if path.is_file()})
    return _LIBRARY.format(
        files=" ".join(_files(info)),
        author=_one_line(said.get("Author") or said.get("Author-email") or said.get("Maintainer-email")),
        licence=_licence(said),
        name=said["Name"],
        version=said["Version"],
        source=_source(said),
        texts="".join(f"\n Text: /{_SITE}/{path.relative_to(info.parent)}" for path in texts),
    )


def _files(info: Path) -> Iterable[str]:
    """What of the library's lies beside its ``.dist-info``; pip's RECORD names it."""
    rows = (info / "RECORD").read_text(encoding="utf-8").splitlines()
    tops = {row.split("/", 1)[0].split(",", 1)[0] for row in rows} - {"..", info.name, "bin", "__pycache__"}
    for top in sorted({*tops, info.name}):
        path = info.parent / top
        yield f"{_SITE}/{top}/*" if path.is_dir() else f"{_SITE}/{top}"


def _licence(said: Message) -> str:
    """An expression where the library gives one, else what it calls its licence, on one line."""
    expression = said.get("License-Expression")
    classes = [value.rsplit(" :: ", 1)[-1] for value in said.get_all("Classifier", []) if _is_licence(value)]
    short = said.get("License", "")
    if "\n" in short or not short:
        short = " or ".join(classes)
    return _one_line(expression or short)


def _is_licence(classifier: str) -> bool:
    return classifier.startswith(_CLASSIFIED)


def _source(said: Message) -> str:
    links = dict(link.split(", ", 1) for link in said.get_all("Project-URL", []) if ", " in link)
    named = {name.lower(): url for name, url in links.items()}
    for name in ("source", "source code", "repository", "github", "code", "homepage"):
        if name in named:
            return f", {named[name]}"
    return f", {said['Home-page']}" if said.get("Home-page") else ""


def _one_line(text: str | None) -> str:
    return " ".join(text.split()) if text else "see its licence"


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f" {line}" if line.strip() else " ." for line in lines)
