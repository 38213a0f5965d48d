"""``nag.questions``: how often the user is asked in a day of an ordinary desktop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.day import STRANGER, desktop
from bench.figures import Figure, percentile
from bench.placement import placement
from bench.wallets import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.day import Use
    from bench.extent import Extent

_HOURS: Final = 2


def measure(extent: Extent) -> list[Figure]:
    """Questions of the day ÷ programs in it, beside what keys of other policies would come to in the same day."""
    with folder() as path, desktop(path, extent.scripts) as desk:
        day = desk.lives(_HOURS)
        running = placement()
    counts = list(day.questions.values())
    by_process, _ = kept_by(day.uses, lambda use: use.process)
    by_digest, given_away = kept_by(day.uses, lambda use: use.digest)
    programs = len(counts)
    note = (
        f"{sum(counts)} questions, {programs} programs, {len(day.uses)} uses; kept by process {by_process} questions;"
        f" kept by the executable's digest {by_digest}, and {given_away} uses by a program that nobody was asked about"
    )
    return [
        Figure(
            id="nag.questions",
            value=round(sum(counts) / programs, 3),
            want=1.0,
            unit="questions/program",
            p50=percentile(counts, 0.5),
            p95=percentile(counts, 0.95),
            p99=percentile(counts, 0.99),
            runs=len(day.uses),
            peer="decisions kept by process",
            peer_value=round(by_process / programs, 3),
            note=note,
            placement=running,
        )
    ]


def kept_by(uses: Iterable[Use], key: Callable[[Use], str]) -> tuple[int, int]:
    """What a policy comes to that keeps a yes to a secret under this key: questions, and uses of the wrong program.

    Its user is the same one: every program is allowed its secret but the stranger, who is refused. A program that was
    allowed under another's key is one that nobody was asked about.
    """
    allowed: dict[tuple[str, str], str] = {}
    questions = given_away = 0
    for use in uses:
        at = (key(use), use.secret)
        if at in allowed:
            given_away += allowed[at] != use.program
            continue
        questions += 1
        if use.program != STRANGER:
            allowed[at] = use.program
    return questions, given_away
