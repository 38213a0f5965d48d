"""Tests that stand where the supervisor stands: within an event loop, with something that is closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar


class Closing(Protocol):
    """What is closed at the end."""

    def close(self) -> None:
        """Ends all of it."""


ClosingT = TypeVar("ClosingT", bound=Closing)


def with_made(make: Callable[[], ClosingT], test: Callable[[ClosingT], Awaitable[None]]) -> None:
    """Runs a test with what is made for it in the loop."""

    async def whole() -> None:
        made = make()
        try:
            await test(made)
        finally:
            made.close()

    asyncio.run(whole())


async def turns() -> None:
    """Lets the loop hear what was sent."""
    for _ in range(10):
        await asyncio.sleep(0.005)
