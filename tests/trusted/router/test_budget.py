"""How often the user may be asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import ProtocolError
from etui.trusted.router.budget import PromptBudget


def taken(budget: PromptBudget, client: str, now: float) -> str:
    try:
        budget.take(client, now)
    except ProtocolError as error:
        return error.code.slug
    return "asked"


@pytest.mark.attack(16)
def test_a_thousand_fresh_names_get_thirty_questions_and_then_one_in_ten_seconds() -> None:
    budget = PromptBudget()
    outcomes = [taken(budget, f"app:/tmp/{number}", 0.0) for number in range(1000)]
    assert outcomes.count("asked") == 30
    assert set(outcomes[30:]) == {"not_now"}
    later = [taken(budget, f"app:/tmp/later-{number}", 100.0 + number) for number in range(100)]
    assert later.count("asked") <= 20


def test_an_honest_question_costs_nothing() -> None:
    budget = PromptBudget()
    for _ in range(200):
        assert taken(budget, "app:/usr/bin/mailer", 0.0) == "asked"
        budget.approved()


@pytest.mark.attack(16)
def test_who_is_told_to_be_silent_is_silent_and_nobody_else() -> None:
    budget = PromptBudget()
    budget.silence("a", 0.0)
    assert taken(budget, "a", 599.0) == "not_now"
    assert taken(budget, "b", 599.0) == "asked"
    assert taken(budget, "a", 600.0) == "asked"


@pytest.mark.attack(16)
def test_whoever_has_many_names_is_silenced_under_all_of_them_with_the_third() -> None:
    budget = PromptBudget()
    for number, then in enumerate(["asked", "asked", "not_now"]):
        budget.silence(f"app:/tmp/{number}", 10.0 * number)
        assert taken(budget, f"app:/tmp/fresh-{number}", 10.0 * number) == then
    with pytest.raises(ProtocolError):
        budget.must_be_heard("app:/tmp/fresh-9", 619.0)
    assert taken(budget, "app:/tmp/fresh-9", 620.0) == "asked"


def test_three_silences_far_apart_are_none_for_all() -> None:
    budget = PromptBudget()
    for number in range(3):
        budget.silence(f"app:/tmp/{number}", 400.0 * number)
    assert taken(budget, "app:/usr/bin/mailer", 801.0) == "asked"


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10)), max_size=300))
def test_whatever_comes_the_user_is_asked_no_more_than_the_budget_allows(asks: list[tuple[str, float]]) -> None:
    budget = PromptBudget()
    now = 0.0
    asked = 0
    for client, wait_s in asks:
        now += wait_s
        asked += taken(budget, client, now) == "asked"
    assert asked <= 30 + now / 10


@pytest.mark.attack(53)
def test_what_an_extension_shows_has_an_end() -> None:
    budget = PromptBudget.of_extension()
    outcomes = [taken(budget, "ext:loud", 0.0) for _ in range(1000)]
    assert outcomes == ["asked"] * 20 + ["not_now"] * 980
    later = [taken(budget, "ext:loud", number / 10) for number in range(1000)]
    assert later.count("asked") == 19


@pytest.mark.attack(53)
def test_what_an_extension_asks_for_a_program_is_out_of_its_own_budget() -> None:
    programs, extension = PromptBudget(), PromptBudget.of_extension()
    for _ in range(20):
        programs.take("app:/usr/bin/mailer", 0.0, payer=extension)
    with pytest.raises(ProtocolError):
        programs.take("app:/usr/bin/mailer", 0.0, payer=extension)
    assert [taken(programs, "app:/usr/bin/mailer", 0.0) for _ in range(30)] == ["asked"] * 30


@pytest.mark.attack(53)
def test_an_extension_that_is_told_to_be_quiet_shows_nothing() -> None:
    budget = PromptBudget.of_extension()
    budget.silence("ext:loud", 0.0)
    assert taken(budget, "ext:loud", 599.0) == "not_now"
    assert taken(budget, "ext:loud", 600.0) == "asked"


def test_what_the_user_answers_with_more_than_the_one_button_costs_nothing() -> None:
    budget = PromptBudget.of_extension()
    for _ in range(200):
        assert taken(budget, "ext:card", 0.0) == "asked"
        budget.approved()
