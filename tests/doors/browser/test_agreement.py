"""What stands in the extension's scripts and in the door as well is the same."""

from __future__ import annotations

import re

import pytest

from etui.doors.browser.allowed import METHODS
from etui.doors.browser.door import MAX_CALLS_OF_FRAME
from etui.doors.browser.manifests import EXTENSION


def constant(script: str, name: str) -> str:
    """What a script of the extension declares by this name."""
    text = (EXTENSION / script).read_text(encoding="utf-8")
    found = re.findall(rf"const {name} = ([^;]+);", text)
    assert len(found) == 1, f"{script} has {name} {len(found)} times"
    return str(found[0])


@pytest.mark.parametrize("script", ["content.js", "frames.js"])
def test_scripts_let_as_many_calls_of_a_frame_wait_as_the_door(script: str) -> None:
    assert int(constant(script, "MOST_CALLS")) == MAX_CALLS_OF_FRAME


def test_both_scripts_take_params_of_the_same_length() -> None:
    assert constant("content.js", "MOST_CHARACTERS") == constant("frames.js", "MOST_CHARACTERS")


def test_pages_are_told_of_the_methods_that_the_door_lets_them_ask_for() -> None:
    told = re.findall(r'"([^"]+)"', constant("page.js", "METHODS"))
    assert len(told) == len(set(told))
    assert set(told) == METHODS | {"browser/1.ready", "browser/1.fill"}
