"""Lists that come in parts: whole, or known not to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etui.cli.paging import in_parts

PART = 3


def parts_of(lists: Callable[[], list[int]]) -> Callable[[int], tuple[list[int], int | None]]:
    """Answers with three rows at most of a list that may be another one each time."""

    def page(skip: int) -> tuple[list[int], int | None]:
        rows = lists()
        return rows[skip : skip + PART], len(rows)

    return page


@pytest.mark.parametrize("count", [0, 1, PART, PART + 1, 10 * PART])
def test_a_list_is_put_together_from_its_parts(count: int) -> None:
    assert in_parts(parts_of(lambda: list(range(count)))) == (list(range(count)), True)


def test_a_list_that_changes_once_is_fetched_anew() -> None:
    lists = iter([[0, 1, 2, 3], [1, 2, 3]] + [[1, 2, 3, 4]] * 9)
    assert in_parts(parts_of(lambda: next(lists))) == ([1, 2, 3, 4], True)


@pytest.mark.parametrize("step", [-1, 1], ids=["shrinks", "grows"])
def test_a_list_that_changes_all_the_while_is_not_taken_for_whole(step: int) -> None:
    lengths = iter(range(50, 50 + 1000 * step, step))
    _, is_whole = in_parts(parts_of(lambda: list(range(next(lengths)))))
    assert not is_whole
