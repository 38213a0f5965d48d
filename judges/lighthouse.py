"""Lighthouse, which judges pages as Chromium's own developers do: accessibility and best practices.

It is given pages of the Shell, at the width of a telephone; nothing may be found wanting. How fast a page is it says
too, and that is only told: it is measured elsewhere. A page that is broken on purpose comes last, to see that it would
say so.
"""

from __future__ import annotations

import http.server
import os
import socket
import sys
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from bench.shells import shell_of
from playwright.sync_api import sync_playwright

from judges.expected import Verdict
from judges.provisions import node_modules
from judges.stage import Stage
from judges.steps import taken

_BROWSER: Final = "/usr/bin/chromium"
_PAGES: Final = {
    "the wallet": "/",
    "a shelf": "/of/etui/org.etui.secrets",
    "the Extensions": "/extensions",
    "the activity": "/activity",
    "the settings": "/settings",
}
_CATEGORIES: Final = ("accessibility", "best-practices")
_BROKEN: Final = b"""<!doctype html><html><head><title>Broken</title></head>
<body><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><input>
<p style="color:#eee;background:#fff">pale</p></body></html>"""


class _Report(msgspec.Struct, frozen=True):
    """What is read of a report: each audit's score, of 0 to 1; none where it does not apply."""

    class Audit(msgspec.Struct, frozen=True):
        score: float | None
        title: str
        scoreDisplayMode: str  # noqa: N815  # Lighthouse's name

    class Category(msgspec.Struct, frozen=True):
        class Reference(msgspec.Struct, frozen=True):
            id: str

        score: float | None
        auditRefs: list[Reference]  # noqa: N815  # Lighthouse's name

    audits: dict[str, Audit]
    categories: dict[str, Category]


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_BROKEN)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def judge(stage: Stage, pages: Collection[str] = _PAGES.keys()) -> Verdict:
    """Its verdict on these pages, by their names, and on the one that is broken."""
    engine = node_modules("lighthouse") / "node_modules/lighthouse/cli/index.js"
    port = _free_port()
    arguments = [f"--remote-debugging-port={port}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server,
        shell_of(stage.environ) as link,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        profile = str(stage.path / "profile")
        context = playwright.chromium.launch_persistent_context(profile, executable_path=_BROWSER, args=arguments)
        context.new_page().goto(link)
        root = link.rpartition("/enter")[0]
        look = partial(_found, stage, engine, port)
        steps: dict[str, Callable[[], bool]] = {name: partial(_is_clean, look, root + _PAGES[name]) for name in pages}
        broken = f"http://127.0.0.1:{server.server_address[1]}/"
        steps["a page that is broken on purpose is told"] = lambda: (
            {"image-alt", "label", "color-contrast", "html-has-lang"} <= set(look(broken))
        )
        verdict = taken(steps)
        context.close()
        server.shutdown()
        return verdict


def _is_clean(look: Callable[[str], dict[str, str]], url: str) -> bool:
    found = look(url)
    for name, title in found.items():
        sys.stdout.write(f"  {name}: {title}\n")
    return not found


def _found(stage: Stage, engine: Path, port: int, url: str) -> dict[str, str]:
    """What of a page is wanting, by the names of Lighthouse's audits."""
    ran = stage.run(
        *("node", str(engine), url, f"--port={port}", "--output=json", "--quiet", "--disable-storage-reset"),
        *("--no-enable-error-reporting", f"--only-categories={','.join((*_CATEGORIES, 'performance'))}"),
    )
    if ran.returncode != 0:
        return {"lighthouse": ran.stderr.strip()}
    report = msgspec.json.decode(ran.stdout, type=_Report)
    speed = report.categories["performance"].score
    sys.stdout.write(f"  {url}: as fast as {round((speed or 0) * 100)} of 100\n")
    judged = {one.id for name in _CATEGORIES for one in report.categories[name].auditRefs}
    return {
        name: audit.title
        for name, audit in report.audits.items()
        if name in judged and audit.score is not None and audit.score < 1
    }


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
