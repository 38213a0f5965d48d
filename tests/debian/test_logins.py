"""What of the package hands logins on: there, switched off, and failing no log-in."""

from __future__ import annotations

import os
from pathlib import Path

from setup.debian.programs import HOME, INTERPRETER, LOGIN_UNLOCK, PAM_PROFILE, add_environment


def test_logins_are_handed_on_where_an_administrator_says_so_after_another_module_was_content(tmp_path: Path) -> None:
    add_environment(tmp_path)
    profile = (tmp_path / PAM_PROFILE).read_text()
    assert "\nDefault: no\n" in profile
    assert "\nAuth-Type: Additional\n" in profile
    control, module, *options, program = profile.splitlines()[-1].split()
    assert (control, module, options) == ("optional", "pam_exec.so", ["quiet", "expose_authtok"])
    assert program == f"/{LOGIN_UNLOCK}"
    first, *_ = (tmp_path / LOGIN_UNLOCK).read_text().splitlines()
    assert first == f"#!/{HOME}/bin/python -I"
    assert os.access(tmp_path / LOGIN_UNLOCK, os.X_OK)
    assert (tmp_path / HOME / "bin/python").readlink() == INTERPRETER
