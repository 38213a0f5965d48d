"""``python -m etui.interfaces``: writes the typed Python and the reference pages of the interfaces of Etui.

``python -m etui.interfaces FILE.json`` prints the module of a document that comes from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from etui.interfaces.catalogue import supplied
from etui.interfaces.generate import python_module
from etui.interfaces.pages import reference_page
from etui.interfaces.rules import InterfaceError, read_document

MODULES: Final = Path(__file__).parent
DOCS: Final = MODULES.parents[2] / "docs"
PAGES: Final = DOCS / "interfaces"


def generated() -> dict[Path, str]:
    """Every file that is written, and what is in it."""
    files: dict[Path, str] = {}
    for interface in supplied().values():
        files[MODULES / (interface.id.replace("/", "_") + ".py")] = python_module(interface.document)
        files[PAGES / (interface.id.replace("/", "-") + ".md")] = reference_page(interface.document)
    return files


def main(arguments: list[str]) -> int:
    """Writes the files, or prints a module; 2 for a document that is none, or outside of a checkout."""
    if not arguments:
        if not DOCS.is_dir():
            sys.stderr.write(f"there is no folder {DOCS} for the pages: run it in a checkout\n")
            return 2
        PAGES.mkdir(exist_ok=True)
        for path, text in generated().items():
            path.write_text(text, encoding="utf-8")
        return 0
    try:
        sys.stdout.write(python_module(read_document(Path(arguments[0]).read_bytes())))
    except (InterfaceError, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
