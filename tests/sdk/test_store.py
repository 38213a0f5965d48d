"""What the store keeps in memory while threads read and write."""

from typing import Any

import pytest

from etui.interfaces import Request
from etui.interfaces import storage_1 as storage
from etui.sdk import DamagedRecordError, Store

NAME = ("values", "a")


class Overtaken:
    """A provider that answers a read with what was there before a write that it does first."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.store = Store(bytes(32), self)
        self.overtakes = False

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401, ARG002
        if isinstance(request, storage.Put):
            self.records |= {record.key: record.value for record in request.records if record.value is not None}
            return storage.PutResult()
        found = [storage.Record(key=key, value=value) for key, value in self.records.items()]
        lists = isinstance(request, storage.List)
        answer = storage.ListResult(records=found, more=False) if lists else storage.GetResult(records=found)
        if self.overtakes:
            self.overtakes = False
            self.store.put({NAME: b"new"})
        return answer


@pytest.mark.parametrize("lists", [False, True])
def test_a_value_that_a_write_has_overtaken_is_not_kept(*, lists: bool) -> None:
    provider = Overtaken()
    provider.store.put({NAME: b"old"})
    provider.store.forget()
    provider.overtakes = True
    read = dict(provider.store.names(NAME[0]))[NAME[1]] if lists else provider.store.get(*NAME)
    assert read == b"old"
    assert provider.store.get(*NAME) == b"new"


def test_what_was_read_or_written_is_not_asked_for_again() -> None:
    provider = Overtaken()
    provider.store.put({NAME: b"kept"})
    provider.records.clear()
    assert provider.store.get(*NAME) == b"kept"


def test_a_damaged_record_is_passed_over_in_a_list_and_told_when_it_is_read() -> None:
    provider = Overtaken()
    provider.store.put({NAME: b"1", ("values", "b"): b"2"})
    provider.store.forget()
    first = next(iter(provider.records))
    provider.records[first] = provider.records[first][:-1]
    assert dict(provider.store.names("values")) == {"b": b"2"}
    assert provider.store.damaged == 1
    with pytest.raises(DamagedRecordError):
        provider.store.get(*NAME)
