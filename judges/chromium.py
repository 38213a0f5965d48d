"""Chromium of Debian, headless: it encrypts its cookies with a key that it keeps in the Secret Service."""

from __future__ import annotations

import http.server
import re
import threading
from typing import Final

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken

_BROWSER: Final = "/usr/bin/chromium"
_PAGE: Final = b"""<!doctype html><meta charset="utf-8"><script>
document.write("<p>cookies: " + document.cookie + ".</p>");
document.cookie = "kept=yes; max-age=100000; path=/";
</script>"""
_OPTIONS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--password-store=gnome-libsecret"),
    *("--timeout=10000", "--virtual-time-budget=3000", "--dump-dom"),
)
_KEY: Final = ("application", "chromium")


class _Site(http.server.BaseHTTPRequestHandler):
    """One page, which shows its cookies and sets one."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            return _steps(stage, server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def _steps(stage: Stage, port: int) -> Verdict:
    def cookies() -> str:
        """What a new Chromium shows of the cookies that an earlier one kept."""
        ran = stage.run(
            _BROWSER,
            *_OPTIONS,
            f"--user-data-dir={stage.path}/profile",
            f"http://127.0.0.1:{port}/",
        )
        shown = re.search(r'<p>cookies: ([^"]*)\.</p>', ran.stdout)
        return shown[1] if shown else ran.stderr

    def keys() -> list[str]:
        ran = stage.run("secret-tool", "search", "--all", *_KEY)
        return re.findall(r"^secret = (.+)$", ran.stdout, re.MULTILINE)

    first: list[str] = []

    def makes_a_key() -> bool:
        shown = cookies()
        first.extend(keys())
        return shown == "" and len(first) == 1

    steps = {
        "the first start makes a key": makes_a_key,
        "the second start reads with it what the first wrote": lambda: cookies() == "kept=yes" and keys() == first,
        "a start while it is locked unlocks it": lambda: (
            stage.run("secret-tool", "lock", "--collection=login") is not None and cookies() == "kept=yes"
        ),
        "without the key nothing is read": lambda: (
            stage.run("secret-tool", "clear", *_KEY).returncode == 0 and cookies() == "" and keys() not in ([], first)
        ),
    }
    return taken(steps)
