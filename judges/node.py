"""Packages for Node.js: keytar, which is libsecret in C++, and the one in Rust, which speaks D-Bus by zbus."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from judges.expected import Verdict
from judges.provisions import node_modules
from judges.stage import Stage
from judges.steps import told

_CALLERS: Final = Path(__file__).with_name("callers")


def judge(stage: Stage, name: str) -> Verdict:
    """The verdict of the package that the caller of this name uses."""
    (stage.path / "node_modules").symlink_to(node_modules(name) / "node_modules")
    caller = stage.path / f"{name}.cjs"
    shutil.copy(_CALLERS / caller.name, caller)
    ran = stage.run("node", str(caller))
    sys.stdout.write(ran.stderr)
    return told(ran.stdout)
