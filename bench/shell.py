"""``shell.*``: how soon the wallet's page is painted in a browser that has never seen it, and what it has to load.

And what axe-core has against the pages, as the judge of that name looks at them (``judges/axe.py``).
"""

from __future__ import annotations

import os
import statistics
import sys
from itertools import islice
from typing import Final

from judges import axe
from judges.stage import shell_stage
from playwright.sync_api import Browser, Page, sync_playwright

from bench.extent import Extent
from bench.figures import Figure, absolute, percentile
from bench.placement import placement
from bench.shells import shell_of
from bench.wallets import fill, folder, unlocked_wallet

_BROWSER: Final = "/usr/bin/chromium"
_FEW: Final = 200
_WARM: Final = 5
"""Visits before those that are measured: a browser that was just started paints its first pages later."""
_PAINTED: Final = """() => new Promise(told => {
    const seen = list => list.getEntries().forEach(one => one.name === "first-contentful-paint" && told(one.startTime));
    new PerformanceObserver(seen).observe({type: "paint", buffered: true});
})"""
_SIZES: Final = """() => performance.getEntriesByType("resource").map(one => one.transferSize)
    .concat(performance.getEntriesByType("navigation").map(one => one.transferSize)).reduce((a, b) => a + b, 0)"""


def measure(extent: Extent) -> list[Figure]:
    """The first page among few items and among many, in a new profile of Chromium each time."""
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=sandbox)
        few, sizes = _painted(browser, min(_FEW, extent.many_items), extent.starts)
        many, _ = _painted(browser, extent.many_items, extent.starts)
        figures = [
            absolute("shell.paint_ms", 150.0, few, scale=1e3, unit="ms"),
            absolute("shell.paint10k_ms", 250.0, many, scale=1e3, unit="ms"),
            absolute("shell.bytes_kb", 100.0, [statistics.median(sizes) / 1e3], unit="kB"),
        ]
        browser.close()
    return [*figures, _accessible(extent.pages)]


def _accessible(most: int) -> Figure:
    """Violations of the rules on so many pages; raises ``RuntimeError`` where a page that is broken is not told."""
    with shell_stage() as stage, axe.visits(stage) as (bites, pages):
        if not bites():
            msg = "axe-core has nothing against a page that is broken on purpose"
            raise RuntimeError(msg)
        found = {name: visit() for name, visit in islice(pages.items(), most)}
    for name, violations in found.items():
        sys.stderr.writelines(f"{name}: {one}\n" for one in violations)
    counts = [float(len(violations)) for violations in found.values()]
    note = f"{len(counts)} pages, each in both themes and at both widths"
    return Figure(
        id="shell.axe",
        value=sum(counts),
        want=0.0,
        unit="violations",
        p50=percentile(counts, 0.5),
        p95=percentile(counts, 0.95),
        p99=percentile(counts, 0.99),
        runs=len(counts),
        note=note,
        placement=placement(),
    )


def _painted(browser: Browser, items: int, times: int) -> tuple[list[float], list[float]]:
    """Seconds from the request to the first contentful paint, and the bytes that came, with so many items there."""
    paints: list[float] = []
    sizes: list[float] = []
    with folder() as path, unlocked_wallet(path / "w") as wallet:
        wallet.user.approves()
        with wallet.connect() as client:
            fill(client, items)
        with shell_of(wallet.environ) as link:
            first = browser.new_context()
            first.new_page().goto(link)
            for visit in range(_WARM + times):
                context = browser.new_context(storage_state=first.storage_state())
                page: Page = context.new_page()
                page.goto(f"{link.rpartition('/enter')[0]}/", wait_until="load")
                painted, size = page.evaluate(_PAINTED) / 1e3, page.evaluate(_SIZES)
                if visit >= _WARM:
                    paints.append(painted)
                    sizes.append(size)
                context.close()
            first.close()
    return paints, sizes
