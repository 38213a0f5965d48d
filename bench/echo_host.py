"""A native messaging host that answers each call at once by itself: what the browser and its extension alone take.

Started by the browser, as ``python echo_host.py``. It says that the wallet is ready, and answers as an empty search is
answered.
"""

from __future__ import annotations

import os

import msgspec

from etui.doors.browser import messages
from etui.doors.browser.framing import Frames, frame

_ANSWER = msgspec.Raw(b'{"payments":[]}')


def main() -> None:
    """Answers until the browser ends."""
    _say(messages.State(state="ready", version=messages.VERSION))
    frames = Frames()
    while data := os.read(0, 65_536):
        for text in frames.feed(data):
            asked = messages.asked(text)
            if isinstance(asked, messages.Call):
                _say(messages.Answer(id=asked.id, result=_ANSWER))


def _say(message: msgspec.Struct) -> None:
    os.write(1, frame(messages.encode(message)))


if __name__ == "__main__":
    main()
