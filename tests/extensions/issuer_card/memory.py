"""A store in memory, with the methods that cards use of the sealed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MemoryStore:
    """Records in memory; ``breaks`` is raised when something is written."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], bytes] = {}
        self.breaks: Exception | None = None

    def get(self, space: str, name: str) -> bytes | None:
        return self.records.get((space, name))

    def put(self, records: Mapping[tuple[str, str], bytes | None]) -> None:
        if self.breaks is not None:
            raise self.breaks
        for name, value in records.items():
            if value is None:
                self.records.pop(name, None)
            else:
                self.records[name] = value
