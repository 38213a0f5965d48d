"""Firefox ESR, driven by WebDriver BiDi over its own port: the extension is installed, pages are opened and clicked in.

Source: W3C, WebDriver BiDi (``session``, ``browsingContext``, ``script``, ``input``, ``webExtension``).
"""

from __future__ import annotations

import itertools
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from tests.doors.browser.pages import ASK
from websockets.sync.client import ClientConnection, connect

from etui.doors.browser.extension_ids import FIREFOX as ID
from etui.doors.browser.manifests import EXTENSION

FIREFOX: Final = "/usr/bin/firefox-esr"
_UUID: Final = "5d1f3a52-7c0e-4b65-9a3e-6f1f2b8f0c11"
POPUP: Final = f"moz-extension://{_UUID}/popup.html"
_START_S: Final = 60.0
_ANSWER_S: Final = 60.0
_PREFERENCES: Final = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.autoDisableScopes": 0,
    "app.normandy.enabled": False,
    "browser.startup.page": 0,
    "extensions.webextensions.uuids": msgspec.json.encode({ID: _UUID}).decode(),
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """A session of WebDriver BiDi."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._numbers = itertools.count(1)
        self.do("session.new", capabilities={})

    def do(self, method: str, **params: Any) -> Any:  # noqa: ANN401  # JSON
        """What answers a command; raises ``RuntimeError`` with what Firefox says of it."""
        number = next(self._numbers)
        self._line.send(msgspec.json.encode({"id": number, "method": method, "params": params}).decode())
        while True:
            message = msgspec.json.decode(self._line.recv(timeout=_ANSWER_S))
            if message.get("id") == number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def open(self, url: str, kind: Literal["tab", "window"] = "tab") -> str:
        """A new tab, or a new window, with a page in it."""
        context: str = self.do("browsingContext.create", type=kind)["context"]
        self.do("browsingContext.navigate", context=context, url=url, wait="complete")
        return context

    def close(self, context: str) -> None:
        """Closes a tab, or its window."""
        self.do("browsingContext.close", context=context)

    def frames(self, context: str) -> list[str]:
        """The contexts of the frames in a page."""
        (tree,) = self.do("browsingContext.getTree", root=context)["contexts"]
        return [one["context"] for one in tree["children"]]

    def run(self, context: str, script: str, *, gesture: bool = True) -> Any:  # noqa: ANN401  # JSON
        """What an expression of the page's world comes to, once it is settled; it has to be JSON.

        ``gesture``: the page is told that its user has just clicked or pressed a key.
        """
        target = {"context": context}
        expression = f"Promise.resolve({script}).then((value) => JSON.stringify(value ?? null))"
        result = self.do(
            "script.evaluate", expression=expression, target=target, awaitPromise=True, userActivation=gesture
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return msgspec.json.decode(result["result"]["value"])

    def wait(self, context: str, script: str) -> Any:  # noqa: ANN401  # JSON
        """What it comes to once that is anything but nothing."""
        deadline = time.monotonic() + _ANSWER_S
        while not (value := self.run(context, script, gesture=False)):
            assert time.monotonic() < deadline, script
            time.sleep(0.05)
        return value

    def press(self, context: str, selector: str) -> None:
        """Clicks in the middle of an element, as its user would."""
        found = f"document.querySelector({msgspec.json.encode(selector).decode()})"
        self.run(context, f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})", gesture=False)
        box = self.run(context, f"{found}.getBoundingClientRect()", gesture=False)
        self.do("browsingContext.activate", context=context)
        self.click(context, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def ask(self, context: str, method: str, **params: Any) -> None:  # noqa: ANN401  # JSON
        """Has a bare page ask the wallet at a click; what is answered is its ``answer``."""
        call = msgspec.json.encode({"method": method, "params": params}).decode()
        self.at_a_click(context, f"({ASK})({call})")

    def at_a_click(self, context: str, script: str) -> None:
        """Clicks, and has a bare page come to its ``answer`` by an expression when it is clicked on."""
        does = f"async () => {{ window.answer = await {script}; }}"
        self.run(
            context,
            f"(window.answer = null, document.querySelector('#go').addEventListener('click', {does}, {{once: true}}))",
            gesture=False,
        )
        self.press(context, "#go")

    def answer(self, context: str) -> Any:  # noqa: ANN401  # JSON
        """What came of what a bare page did at a click."""
        return self.wait(context, "window.answer")

    def click(self, context: str, x: float, y: float) -> None:
        """Presses the mouse at a point of the page."""
        at = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.do("input.performActions", context=context, actions=[{"type": "pointer", "id": "mouse", "actions": at}])

    def type(self, context: str, text: str) -> None:
        """Presses these keys, one after the other, where the focus is."""
        keys = [{"type": kind, "value": one} for one in text for kind in ("keyDown", "keyUp")]
        self.do("input.performActions", context=context, actions=[{"type": "key", "id": "keys", "actions": keys}])

    def show(self, context: str) -> None:
        """Brings a tab to the front."""
        self.do("browsingContext.activate", context=context)


@contextmanager
def firefox(home: Path, environ: dict[str, str]) -> Iterator[Firefox]:
    """Firefox with the extension, for a user whose home this is."""
    profile = home / "firefox"
    profile.mkdir(exist_ok=True)
    lines = [
        f"user_pref({msgspec.json.encode(k).decode()}, {msgspec.json.encode(v).decode()});"
        for k, v in _PREFERENCES.items()
    ]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    log = home / "firefox.log"
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    command.append("--remote-allow-system-access")  # else no page of an extension is opened
    with log.open("wb") as said:
        process = subprocess.Popen(command, env={**environ, "HOME": str(home)}, stdout=said, stderr=said)
    try:
        with connect(f"{_address(process, log)}/session", max_size=None, open_timeout=_START_S) as line:
            driven = Firefox(line)
            driven.do("webExtension.install", extensionData={"type": "path", "path": str(EXTENSION)})
            yield driven
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, as it says itself."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(
            r"WebDriver BiDi listening on (ws://\S+)", log.read_text(encoding="utf-8", errors="replace")
        ):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"Firefox does not listen:\n{log.read_text(encoding='utf-8', errors='replace')}")
