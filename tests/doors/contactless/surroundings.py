"""Skips for what a virtual reader needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etui.testkit.readers import NEEDS


def must_have_reader() -> None:
    """Skips the test where a virtual reader cannot be had."""
    for file, package in NEEDS.items():
        if not Path(file).exists():
            pytest.skip(f"needs package {package}")
    if os.geteuid() != 0:
        pytest.skip("namespaces of its own take root")
