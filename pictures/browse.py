"""``python -m pictures.browse``: pictures of each page of the Shell, at two widths in both themes.

They are taken in Chromium, from a Shell that serves a test wallet, and go to ``shell/PAGE-WIDTH-THEME.png``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from bench.shells import shell_of
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
WIDTHS: Final = {"phone": 390, "desktop": 1000}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_SECRETS: Final = "/of/etui/org.etui.secrets"
PAGES: Final = {
    "first": "/",
    "wallet": "/",
    "shelf": _SECRETS,
    "item": _SECRETS,
    "extensions": "/extensions",
    "programs": "/clients",
    "activity": "/activity",
    "settings": "/settings",
    "locked": "/",
}
_BROWSER: Final = "/usr/bin/chromium"
_HEIGHT: Final = 800
_TALLEST: Final = 1400
_COLOURS: Final = 128
_ITEMS: Final[tuple[tuple[Literal["login", "note", "code", "pin"], str, dict[str, str]], ...]] = (
    ("login", "Mail account mira@example.org", {"server": "imap.example.org", "user": "mira"}),
    ("login", "Town library", {"server": "library.example", "user": "m.keller"}),
    ("code", "Forge", {"server": "forge.example.org"}),
    ("note", "Where the spare key is", {}),
    ("pin", "Bicycle lock", {}),
)
_GRANTS: Final = (
    (
        "app:/usr/games/arcade",
        *["apdu/1.arm", "--currency", "EUR", "--limit", "20", "--each", "5", "--period", "30d"],
    ),
    ("app:/usr/bin/restic", *["secret/1.read", "--item", "library", "--uses", "100"]),
    ("app:/usr/lib/thunderbird/thunderbird", *["secret/1.read", "--item", "imap", "--until", "30d"]),
)


def main() -> int:
    """Takes them all, or those of the pages whose names begin as asked."""
    parser = argparse.ArgumentParser(prog="python -m pictures.browse", description=__doc__)
    parser.add_argument("--into", type=Path, default=FOLDER, help="the folder for the pictures")
    parser.add_argument("--only", default="", help="only pages whose names begin so")
    options = parser.parse_args()
    if shutil.which("chromium") is None:
        parser.error("needs the package chromium")
    into = options.into / "shell"
    into.mkdir(parents=True, exist_ok=True)
    with _shell() as (link, wallet), sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=sandbox)
        page = browser.new_page()
        page.goto(link)
        is_filled = False
        for name, path in PAGES.items():
            if not name.startswith(options.only):
                continue
            if name != "first" and not is_filled:
                _fill(wallet)
                is_filled = True
            if name == "locked":
                wallet.lock()
            page.goto(link.rpartition("/enter")[0] + path)
            if name == "item":
                page.locator(".rows a", has_text="Mail account").click()
                page.wait_for_selector(".actions")
            take(page, into, name)
        browser.close()
    return 0


def take(page: Page, into: Path, name: str) -> None:
    """Pictures of a page as it is, at both widths in both themes."""
    for width_name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            taken = page.screenshot(full_page=True, animations="disabled")
            picture = Image.open(io.BytesIO(taken)).convert("RGB")
            shown = picture.crop((0, 0, picture.width, min(picture.height, _TALLEST)))
            shown.quantize(_COLOURS).save(into / f"{name}-{width_name}-{theme}.png", optimize=True)


@contextlib.contextmanager
def _shell() -> Iterator[tuple[str, TestWallet]]:
    """The link of a Shell, and its wallet, which is empty."""
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as wallet:
        wallet.create()
        wallet.user.approves()
        with shell_of(wallet.environ) as link:
            yield link, wallet
    shutil.rmtree(folder)


def _fill(wallet: TestWallet) -> None:
    """Puts into a wallet what the pictures show, and gives rights to it."""
    with wallet.connect() as client:
        for kind, label, attributes in _ITEMS:
            value = b"GEZDGNBVGY3TQOJQ" if kind == "code" else b"x"
            client.call(secret.Create(kind=kind, label=label, value=value, attributes=attributes))
    wallet.etui("key", "make", "Work")
    wallet.etui("key", "make", "Backups", "--algorithm", "x25519")
    for grant in _GRANTS:
        wallet.etui("grant", *grant)


if __name__ == "__main__":
    sys.exit(main())
