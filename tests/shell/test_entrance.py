"""The way in: a link for a minute and for once, and the cookie of who came in last."""

from __future__ import annotations

import pytest

from etui.shell.entrance import Entrance

NOW = 1000.0


def key(link: str) -> str:
    return link.partition("?link=")[2]


@pytest.mark.attack(222)
@pytest.mark.parametrize(("later_s", "is_good"), [(0.0, True), (59.9, True), (60.0, False), (3600.0, False)])
def test_a_link_is_good_for_a_minute(later_s: float, *, is_good: bool) -> None:
    entrance = Entrance(4711)
    link = key(entrance.link(NOW))
    cookie = entrance.enter(link, NOW + later_s)
    assert (cookie is not None) == is_good
    assert entrance.admits(cookie or "") == is_good


@pytest.mark.attack(222)
def test_a_link_is_good_once_and_no_more_when_there_is_a_newer_one() -> None:
    entrance = Entrance(4711)
    first, second = key(entrance.link(NOW)), key(entrance.link(NOW))
    assert entrance.enter(first, NOW) is None
    assert entrance.enter(second, NOW) is not None
    assert entrance.enter(second, NOW) is None
    assert entrance.enter("", NOW) is None


def test_who_comes_in_later_takes_the_place_of_who_was_in() -> None:
    entrance = Entrance(4711)
    first = entrance.enter(key(entrance.link(NOW)), NOW)
    second = entrance.enter(key(entrance.link(NOW)), NOW)
    assert first is not None
    assert second is not None
    assert not entrance.admits(first)
    assert entrance.admits(second)
    assert not Entrance(4711).admits("")
