"""``python -m etui.interfaces``: writes the typed Python of every interface that comes with Etui.

``python -m etui.interfaces FILE.json`` prints the module of a document that comes from elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

from etui.interfaces.catalogue import supplied
from etui.interfaces.generate import python_module
from etui.interfaces.rules import InterfaceError, read_document


def main(arguments: list[str]) -> int:
    """Writes or prints the modules; 2 for a document that is none."""
    if not arguments:
        for interface in supplied().values():
            name = interface.id.replace("/", "_").replace(".", "_") + ".py"
            Path(__file__).with_name(name).write_text(python_module(interface.document), encoding="utf-8")
        return 0
    try:
        sys.stdout.write(python_module(read_document(Path(arguments[0]).read_bytes())))
    except (InterfaceError, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
