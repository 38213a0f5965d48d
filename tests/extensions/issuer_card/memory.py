"""A store in memory, with the methods that cards use of the sealed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class MemoryStore:
    """Records in memory; ``breaks`` is raised when something is written. ``written``: how often something was."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], bytes] = {}
        self.breaks: Exception | None = None
        self.written = 0

    def get(self, space: str, name: str) -> bytes | None:
        return self.records.get((space, name))

    def names(self, space: str) -> Iterator[tuple[str, bytes]]:
        return iter([(name, value) for (of, name), value in self.records.items() if of == space])

    def put(self, records: Mapping[tuple[str, str], bytes | None]) -> None:
        if self.breaks is not None:
            raise self.breaks
        self.written += 1
        for name, value in records.items():
            if value is None:
                self.records.pop(name, None)
            else:
                self.records[name] = value
