"""The linter of Firefox's add-ons, by which Mozilla judges what is handed in: the wallet's browser extension.

One that is broken on purpose comes first, to see that it would say so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from etui.doors.browser.manifests import EXTENSION
from judges.expected import Verdict
from judges.provisions import node_modules
from judges.stage import Stage
from judges.steps import taken

_FOR_CHROMIUM: Final = {
    ("BACKGROUND_SERVICE_WORKER_IGNORED", "manifest.json"),
    ("UNSUPPORTED_API", "login.js"),
}
"""What is for Chromium alone: Firefox passes over the one, and has a member of elements for the other, a call."""


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    linter = node_modules("addons-linter") / "node_modules/.bin/addons-linter"
    broken = stage.path / "broken"
    shutil.copytree(EXTENSION, broken)
    with (broken / "content.js").open("a", encoding="utf-8") as script:
        script.write("\ndocument.body.innerHTML = location.hash; eval(location.hash);\n")

    def told(extension: Path) -> list[tuple[str, str]]:
        """The codes of its errors and warnings, each with the file where that is."""
        asked = subprocess.run([linter, "--output", "json", extension], capture_output=True, check=False)
        found: dict[str, Any] = msgspec.json.decode(asked.stdout)
        all_of_it = sorted((one["code"], one["file"]) for kind in ("errors", "warnings") for one in found[kind])
        sys.stdout.write(f"  {', '.join(code for code, _ in all_of_it) or 'nothing'}\n")
        return all_of_it

    return taken(
        {
            "an extension that is broken on purpose is told": lambda: (
                {"UNSAFE_VAR_ASSIGNMENT", "DANGEROUS_EVAL"} <= {code for code, _ in told(broken)}
            ),
            "the extension": lambda: told(EXTENSION) == sorted(_FOR_CHROMIUM),
        }
    )
