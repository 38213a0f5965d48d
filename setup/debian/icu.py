"""ICU's data, 32 MB of which Qt brings, without what is of single languages and of old character sets.

Qt has data of languages of its own (QLocale). Of ICU it asks for upper and lower case, which lies in ICU's code, for
the order of texts, for names of time zones and for character sets. Where a language is not there, ICU falls back to its
root: texts are in the order of Unicode's own table, and time zones are told by their offset. The dialog shows neither,
and what it reads is UTF-8, for which Qt needs no table.

Sources: ICU User Guide, "ICU Data", on customizing the data library and on the fall back of locales; icupkg(8).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from setup.debian.architectures import Architecture
from setup.debian.errors import PackageError
from setup.debian.linking import binutils

_FOLDER: Final = Path("PySide6", "Qt", "lib")
_NAME: Final = "libicudata.so."
_UNUSED: Final = re.compile(
    r"""
    (.*/)? (?!res_index) [a-z]{2,3} (_\w*)? \.res   # a language, in a region or script
    | .* \. (cnv | dict | lstm | spp | cfu)          # character sets; words where none are spaced; names of hosts
    | (brkitr | translit | rbnf) / .*               # where lines break; script in another's letters; numbers in words
    | unames\.icu                                   # names of characters
    """,
    re.VERBOSE,
)
_SYMBOL: Final = re.compile(r" ([0-9a-f]{16}) +(\w+) OBJECT +GLOBAL .* (icudt\d+)_dat$", re.MULTILINE)
_SECTION: Final = re.compile(r" \.rodata +PROGBITS +([0-9a-f]{16}) ([0-9a-f]+) ")
_SOURCE: Final = """\
.section .rodata, "a"
.balign 16
.globl {symbol}
.type {symbol}, @object
{symbol}:
.incbin "{data}"
.size {symbol}, . - {symbol}
.section .note.GNU-stack, "", @progbits
"""


def trim_icu(libraries: Path, architecture: Architecture) -> None:
    """Makes the data that the installed PySide6 brings anew, of what is left of it.

    Raises ``PackageError`` where it is not there, or cannot be read or made.
    """
    found = [path for path in (libraries / _FOLDER).glob(f"{_NAME}*") if not path.is_symlink()]
    if len(found) != 1:
        raise PackageError(f"PySide6 has {len(found)} files {_NAME}*, and one is known: see setup/debian/icu.py")
    if shutil.which("icupkg") is None:
        raise PackageError("icupkg is missing, which takes ICU's data apart: apt-get install icu-devtools")
    with tempfile.TemporaryDirectory(prefix="etui-icu-") as scratch:
        _make(found[0], Path(scratch), architecture)


def _make(library: Path, scratch: Path, architecture: Architecture) -> None:
    version, content = _data_of(library)
    whole = scratch / f"{version}l.dat"  # l: of a machine that is little-endian
    left = Path("left", whole.name)  # each part is named by the file that it lies in
    (scratch / left).parent.mkdir()
    whole.write_bytes(content)
    names = _ran("icupkg", "--list", whole.name, folder=scratch).split()
    unused = [name for name in names if _UNUSED.fullmatch(name)]
    (scratch / "unused.txt").write_text("".join(f"{name}\n" for name in unused), encoding="ascii")
    _ran("icupkg", "--remove", "unused.txt", whole.name, str(left), folder=scratch)
    source = _SOURCE.format(symbol=f"{version}_dat", data=left)
    (scratch / "data.s").write_text(source, encoding="ascii")
    _ran(binutils("as", architecture), "-o", "data.o", "data.s", folder=scratch)
    words = ["-shared", "--soname", library.name, "--build-id=none", "-z", "noexecstack", "-o", str(library), "data.o"]
    _ran(binutils("ld", architecture), *words, folder=scratch)


def _data_of(library: Path) -> tuple[str, bytes]:
    """The name that ICU gives its data, with the version, and the data."""
    said = _ran("readelf", "--dyn-syms", "--section-headers", "--wide", str(library), folder=library.parent)
    symbol, section = _SYMBOL.search(said), _SECTION.search(said)
    if symbol is None or section is None:
        raise PackageError(f"{library} has no ICU data where it is known to lie: see setup/debian/icu.py")
    begin = int(symbol[1], 16) - int(section[1], 16) + int(section[2], 16)
    return symbol[3], library.read_bytes()[begin : begin + int(symbol[2], 0)]


def _ran(*command: str, folder: Path) -> str:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PackageError(f"{command[0]} cannot make ICU's data smaller: {ran.stderr.strip()}")
    return ran.stdout
