"""Values for people: what is code stands as code, and what happened has a name."""

from __future__ import annotations

import pytest

from etui.shell import words
from etui.trusted.audit.record import Kind

OF_CALLS = {Kind.DECISION, Kind.ANSWER}


def test_what_stands_between_grave_accents_is_code_and_all_else_is_text() -> None:
    assert words.coded("`etui <x>` ends <b> & more") == "<code>etui &lt;x&gt;</code> ends &lt;b&gt; &amp; more"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in OF_CALLS])
def test_what_happened_without_a_call_is_told_in_words(kind: Kind) -> None:
    assert words.action(kind.value, {}) != kind.value


def test_a_method_that_nobody_knows_stays_as_it_is() -> None:
    assert words.action("org.example.stamps/1.stamp", {}) == "org.example.stamps/1.stamp"
