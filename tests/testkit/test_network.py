"""A network that leads nowhere is coverage while it lies."""

from __future__ import annotations

import os

import pytest

from etui.testkit import network
from etui.testkit.readers import apart
from etui.trusted.native.coverage.looking import is_covered


@pytest.mark.skipif(os.getuid() != 0, reason="a network of this test's own takes root")
def test_there_is_coverage_while_it_lies_and_it_is_laid_once() -> None:
    with apart():
        assert not is_covered()
        for _ in range(2):
            network.lay()
            assert is_covered()
            with pytest.raises(FileExistsError):
                network.lay()
            network.cut()
            assert not is_covered()
        with pytest.raises(OSError, match=r"No such device|no interface"):
            network.cut()
