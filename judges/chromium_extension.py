"""Chromium's own word on the browser extension: whether it packs it, and what it says of it once it is loaded.

It says so on ``chrome://extensions``, in the developer's mode, of what was loaded again since. Extensions that are
broken on purpose stand beside, to see that it would say so.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.sync_api import BrowserContext, sync_playwright

from etui.doors.browser.extension_ids import CHROMIUM
from etui.doors.browser.manifests import EXTENSION
from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken

_BROWSER: Final = "/usr/bin/chromium"
_FOR_FIREFOX: Final = {"background.scripts"}
"""Chromium passes over what the one manifest has for Firefox."""
_RELOAD: Final = "id => chrome.developerPrivate.reload(id, {failQuietly: true, populateErrorForUnpacked: true})"
_PATIENCE_S: Final = 30
_ALL: Final = "chrome.developerPrivate.getExtensionsInfo()"
_BROKEN: Final = "({runtimeErrors}) => runtimeErrors.some(({message}) => message.includes('broken on purpose'))"


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    broken = _altered(stage.path / "broken", permissions=["nativeMessaging", "everything"], surprise=1)
    (broken / "background.js").write_text('throw new Error("broken on purpose");\n', encoding="utf-8")
    lacking = _altered(stage.path / "lacking")
    (lacking / "page.js").unlink()
    ours = _altered(stage.path / "ours")
    with sync_playwright() as playwright:
        profile = stage.path / "profile"
        preferences = profile / "Default/Preferences"
        preferences.parent.mkdir(parents=True)
        preferences.write_bytes(msgspec.json.encode({"extensions": {"ui": {"developer_mode": True}}}))
        loaded = f"{EXTENSION},{broken}"
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=_BROWSER,
            env={**stage.environ},
            chromium_sandbox=os.geteuid() != 0,
            ignore_default_args=["--disable-extensions"],
            args=[f"--disable-extensions-except={loaded}", f"--load-extension={loaded}"],
        )
        try:
            return taken(_steps(stage, context, ours, lacking))
        finally:
            context.close()


def _altered(folder: Path, **members: object) -> Path:
    """A copy of the extension with other members in its manifest; it has an id of its own."""
    shutil.copytree(EXTENSION, folder)
    file = folder / "manifest.json"
    manifest: dict[str, Any] = {**msgspec.json.decode(file.read_bytes()), **members}
    del manifest["key"]
    file.write_bytes(msgspec.json.encode(manifest))
    return folder


def _steps(stage: Stage, context: BrowserContext, ours: Path, lacking: Path) -> dict[str, Callable[[], bool]]:
    page = context.new_page()
    page.goto("chrome://extensions", wait_until="commit")

    def packs(folder: Path) -> bool:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        options = ("--headless", *sandbox, "--no-message-box", f"--user-data-dir={stage.path}/packing")
        packed = stage.run(_BROWSER, *options, f"--pack-extension={folder}")
        return packed.returncode == 0 and folder.with_suffix(".crx").is_file()

    def loaded(*, by_us: bool) -> dict[str, Any]:
        """What is known of the one that is ours, or of the broken one."""
        known: list[dict[str, Any]] = page.evaluate(_ALL)
        return next(one for one in known if one["location"] == "UNPACKED" and (one["id"] == CHROMIUM) is by_us)

    def told(*, by_us: bool) -> tuple[set[str], list[str]]:
        """The members of the manifest that it finds fault with, and the errors of scripts."""
        one = loaded(by_us=by_us)
        faults = [*one["manifestErrors"], *one["runtimeErrors"]]
        for fault in faults:
            sys.stdout.write(f"  {fault['message']}\n")
        return {fault["manifestKey"] for fault in one["manifestErrors"]}, [
            fault["message"] for fault in one["runtimeErrors"]
        ]

    def tells_the_broken_one() -> bool:
        page.evaluate(_RELOAD, loaded(by_us=False)["id"])
        deadline = time.monotonic() + _PATIENCE_S
        while not page.evaluate(f"{_ALL}.then((all) => all.some({_BROKEN}))") and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        members, errors = told(by_us=False)
        return {"surprise", "permissions"} <= members and any("broken on purpose" in error for error in errors)

    def finds_nothing_in_ours() -> bool:
        page.evaluate(_RELOAD, CHROMIUM)
        button = context.new_page()
        button.goto(f"chrome-extension://{CHROMIUM}/popup.html")
        button.wait_for_function(
            "() => !document.querySelector('#standing').textContent.startsWith('Looking')"
        )  # the background answers
        button.close()
        return told(by_us=True) == (_FOR_FIREFOX, [])

    return {
        "an extension of which a script is missing is not packed": lambda: not packs(lacking),
        "the extension is packed": lambda: packs(ours),
        "an extension that is broken on purpose is told": tells_the_broken_one,
        "the extension": finds_nothing_in_ours,
    }
