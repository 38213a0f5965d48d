"""``python -m pictures.browse``: pictures of each page of the Shell, at two widths in both themes.

They are taken in Chromium, from a Shell that serves a test wallet in a town of its own: it has a card, is paid with by
pages of a browser that is paired with it, and holds a stranger's Extension. They go to ``shell/PAGE-WIDTH-THEME.png``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from bench.browser import opened_page
from bench.shells import shell_of
from PIL import Image
from playwright.sync_api import BrowserType, Page, sync_playwright
from tests.town import Town, add_card, open_town, wallet_in

from etui.interfaces import secret_1 as secret
from etui.testkit import TestAuthority, TestWallet
from etui.trusted.package import PublisherKey, pack, sign

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
WIDTHS: Final = {"phone": 390, "desktop": 1000}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_PARKING: Final = Path(__file__).parents[1] / "examples" / "parking" / "extension"
_SECRETS: Final = "/of/etui/org.etui.secrets"
_BROWSER: Final = "/usr/bin/chromium"
_HEIGHT: Final = 800
_TALLEST: Final = 1400
_COLOURS: Final = 128
_PATIENCE_MS: Final = 60_000
_ITEMS: Final[tuple[tuple[Literal["login", "note", "code", "pin"], str, dict[str, str]], ...]] = (
    ("login", "Mail account mira@example.org", {"server": "imap.example.org", "user": "mira"}),
    ("login", "Demo Bank online", {"server": "bank.example", "user": "mira"}),
    ("login", "Town library", {"server": "library.example", "user": "m.keller"}),
    ("code", "Forge", {"server": "forge.example.org"}),
    ("note", "Where the spare key is", {}),
    ("pin", "Bicycle lock", {}),
)
_GRANTS: Final = (
    ("app:/usr/bin/restic", *["secret/1.read", "--item", "library", "--uses", "100"]),
    ("app:/usr/lib/thunderbird/thunderbird", *["secret/1.read", "--item", "imap", "--until", "30d"]),
)


class Scene(msgspec.Struct, frozen=True):
    """A wallet, the town that it pays in, and how a browser is started there."""

    wallet: TestWallet
    town: Town
    browser: BrowserType


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A page: its path, what is clicked there to come to it, and what is done before, and stays so for those after."""

    path: str = "/"
    follow: tuple[str, str] | None = None
    """A selector, and a text in what it selects."""
    before: Callable[[Scene], None] | None = None


def _fill(scene: Scene) -> None:
    """Puts something of each kind into the wallet, and gives rights to it."""
    with scene.wallet.connect() as client:
        for kind, label, attributes in _ITEMS:
            value = b"GEZDGNBVGY3TQOJQ" if kind == "code" else b"x"
            client.call(secret.Create(kind=kind, label=label, value=value, attributes=attributes))
    scene.wallet.etui("key", "make", "Work")
    scene.wallet.etui("key", "make", "Backups", "--algorithm", "x25519")
    add_card(scene.wallet, scene.town)
    for grant in _GRANTS:
        scene.wallet.etui("grant", *grant)


def _visit_sites(scene: Scene) -> None:
    """Pairs a browser, pays in a shop there, and gets a pass in a game."""
    scene.wallet.user.approves(action_contains="without asking you", remember="proposed")
    scene.wallet.etui("browser", "install", "chromium")
    shop, arcade = scene.town.sites["shop"], scene.town.sites["arcade"]
    home = Path(scene.wallet.environ["HOME"])
    with opened_page(scene.browser, home, scene.wallet.environ, shop, pair=True) as page:
        page.set_default_timeout(_PATIENCE_MS)
        page.locator("input[name=notebook]").fill("1")
        page.get_by_role("button", name="Pay with a wallet").click()
        page.get_by_text("The receipt lies in your wallet").wait_for()
        page.goto(arcade)
        page.get_by_role("button", name="Get a season pass").click()
        page.get_by_text("are left").wait_for()


def _install_strangers(scene: Scene) -> None:
    """Installs the example of an Extension, which publishes a link."""
    package = Path(scene.wallet.environ["HOME"], "parking.etuipkg")
    package.write_bytes(sign(pack(_PARKING), PublisherKey.generate()))
    scene.wallet.etui("extension", "install", str(package))


def _lock(scene: Scene) -> None:
    scene.wallet.lock()


PAGES: Final = {
    "first": View(),
    "wallet": View(before=_fill),
    "shelf": View(path=_SECRETS),
    "item": View(path=_SECRETS, follow=(".rows a", "Mail account")),
    "search": View(path="/?text=bank"),
    "extensions": View(path="/extensions"),
    "programs": View(path="/clients", before=_visit_sites),
    "activity": View(path="/activity"),
    "why": View(path="/activity", follow=(".records a", "Payments: Pay")),
    "settings": View(path="/settings"),
    "links": View(before=_install_strangers),
    "locked": View(before=_lock),
}


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
    wanted = [name for name in PAGES if name.startswith(options.only)]
    if not wanted:
        parser.error(f"there is no page whose name begins so: {', '.join(PAGES)}")
    with sync_playwright() as playwright, _scene(playwright.chromium) as scene, shell_of(scene.wallet.environ) as link:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=sandbox)
        page = browser.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(link)
        for name in list(PAGES)[: list(PAGES).index(wanted[-1]) + 1]:
            view = PAGES[name]
            if view.before is not None:
                view.before(scene)
            if name in wanted:
                _go(page, link.rpartition("/enter")[0], view)
                take(page, into, name)
        browser.close()
    return 0


def _go(page: Page, root: str, view: View) -> None:
    page.goto(root + view.path)
    if view.follow is not None:
        selector, text = view.follow
        page.locator(selector, has_text=text).first.click()
        page.wait_for_selector(".trail")


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
def _scene(browser: BrowserType) -> Iterator[Scene]:
    """A wallet that holds nothing yet, whose user says yes, and the town that is open to it."""
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    try:
        authority = TestAuthority(folder)
        with (
            open_town(folder, authority, sites=True) as town,
            wallet_in(town, authority, folder / "w", doors=["browser"]) as wallet,
        ):
            wallet.user.approves()
            yield Scene(wallet, town, browser)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
