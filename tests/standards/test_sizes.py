"""Numbers of bytes in words."""

from __future__ import annotations

import pytest

from etui.standards.sizes import size


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1280, "1.25 KiB"),
        (1023 << 10, "1023 KiB"),
        (16 << 20, "16 MiB"),
        (1 << 40, "1 TiB"),
        (1 << 52, "4096 TiB"),
    ],
)
def test_a_size_has_three_figures_and_no_exponent(count: int, words: str) -> None:
    assert size(count) == words
