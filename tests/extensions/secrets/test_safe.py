"""What is kept when a write fails, half-way or with an outcome that nobody knows."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from etui.extensions.secrets import safe as safe_module
from etui.extensions.secrets.entries import HISTORY, Entry
from etui.extensions.secrets.errors import DamagedItemError, UnknownItemError
from etui.extensions.secrets.safe import Safe
from etui.interfaces import Item, Request
from etui.interfaces import storage_1 as storage
from etui.interfaces.secret_1 import Find, Update
from etui.sdk import DamagedRecordError, ErrorCode, RemoteError, Store

Fault = Callable[[int], ErrorCode | None]


class FailingShelf:
    """A provider of ``storage/1`` in memory whose writes fail when a test says so, before or after they are done."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.puts = 0
        self.before: Fault = _never
        self.after: Fault = _never

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401, ARG002
        match request:
            case storage.Get(keys=keys):
                found = [storage.Record(key=key, value=self.records[key]) for key in keys if key in self.records]
                return storage.GetResult(records=found)
            case storage.List(prefix=prefix):
                listed = [storage.Record(key=k, value=v) for k, v in self.records.items() if k.startswith(prefix or "")]
                return storage.ListResult(records=listed, more=False)
            case storage.Put(records=records):
                self._put(records)
                return storage.PutResult()
        raise AssertionError(request)

    def _put(self, records: list[storage.Record]) -> None:
        self.puts += 1
        _fail(self.before(self.puts))
        for record in records:
            if record.value is None:
                self.records.pop(record.key, None)
            else:
                self.records[record.key] = record.value
        _fail(self.after(self.puts))


def test_a_refused_write_leaves_everything_as_it_was() -> None:
    shelf, safe = _with(3)
    old = safe.entry("1")
    shelf.before = lambda _: ErrorCode.QUOTA
    with pytest.raises(RemoteError):
        safe.revalue(old, old.valued(3, now_s=9), b"new")
    with pytest.raises(RemoteError):
        safe.add(_entry("9"), b"x")
    with pytest.raises(RemoteError):
        safe.remove(old)
    assert safe.entry("1") == old
    assert safe.value(old) == b"value 1"
    assert len(safe.catalogue.items()) == 3


@pytest.mark.parametrize("done", [False, True])
def test_after_a_write_of_unknown_outcome_the_truth_is_read_again(*, done: bool) -> None:
    shelf, safe = _with(1)
    old = safe.entry("0")
    setattr(shelf, "after" if done else "before", lambda _: ErrorCode.UNAVAILABLE)
    with pytest.raises(RemoteError):
        safe.revalue(old, old.valued(3, now_s=9), b"new")
    entry = safe.entry("0")
    assert entry.version == (2 if done else 1)
    assert safe.value(entry) == (b"new" if done else b"value 0")


def test_ten_earlier_values_are_kept_and_the_older_ones_deleted() -> None:
    shelf, safe = _with(1)
    for number in range(HISTORY + 5):
        old = safe.entry("0")
        value = b"newer %d" % number
        safe.revalue(old, old.valued(len(value), now_s=number), value)
    entry = safe.entry("0")
    assert [past.version for past in entry.past] == list(range(6, 16))
    assert [safe.earlier(entry, past.version) for past in entry.past] == [b"newer %d" % n for n in range(4, 14)]
    assert len(shelf.records) == 1 + 1 + HISTORY
    safe.remove(entry)
    assert shelf.records == {}


def test_a_group_goes_with_its_items_in_one_write() -> None:
    shelf, safe = _with(5, group=True)
    before = shelf.puts
    safe.remove(safe.entry("g"))
    assert shelf.puts == before + 1
    assert shelf.records == {}
    assert safe.catalogue.find(Find()) == []


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_large_group_is_gone_with_the_first_write_whatever_fails_after(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_module, "MAX_CHANGES", 4)
    shelf, safe = _with(5, group=True)
    other = _entry("other")
    safe.add(other, b"stays")
    first = shelf.puts
    shelf.before = lambda put: ErrorCode.UNAVAILABLE if put > first + steps else None
    safe.remove(safe.entry("g"))
    assert safe.catalogue.items() == [other.item]
    assert shelf.records
    shelf.before = _never
    again = _reopened(shelf)
    assert again.catalogue.items() == [other.item]
    assert again.value(other) == b"stays"
    assert len(shelf.records) == 2


def test_a_large_group_is_deleted_to_the_last_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_module, "MAX_CHANGES", 4)
    shelf, safe = _with(5, group=True)
    safe.remove(safe.entry("g"))
    assert shelf.records == {}


def test_a_damaged_record_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    shelf, _ = _with(3)
    descriptions = {record.key for record in _listed(shelf, "items")}
    first = min(descriptions)
    shelf.records[first] = shelf.records[first][:-1] + bytes([shelf.records[first][-1] ^ 1])
    assert len(_reopened(shelf).catalogue.items()) == 2
    assert "1 items do not open" in capsys.readouterr().err


def test_a_value_that_was_swapped_or_lost_is_told_and_not_returned() -> None:
    shelf, safe = _with(2)
    entries = [safe.entry("0"), safe.entry("1")]
    first, second = (record.key for record in _listed(shelf, "values"))
    shelf.records[first], shelf.records[second] = shelf.records[second], shelf.records[first]
    again = _reopened(shelf)
    for entry in entries:
        with pytest.raises(DamagedRecordError):
            again.value(entry)
    del shelf.records[first], shelf.records[second]
    with pytest.raises(DamagedItemError):
        _reopened(shelf).value(entries[0])


def test_what_is_kept_for_a_session_is_erased_in_the_next_one() -> None:
    shelf = FailingShelf()
    safe = _reopened(shelf, "one")
    for entry in (_entry("lasting"), _for_session(_entry("short")), _for_session(_entry("changed"))):
        safe.add(entry, b"value of it")
    described = Update(item="changed", attributes={})
    safe.redescribe(safe.entry("changed").described(described, now_s=1))
    short = safe.entry("short")
    safe.revalue(short, short.valued(1, now_s=2), b"2")
    assert len(_reopened(shelf, "one").catalogue.items()) == 3
    later = _reopened(shelf, "two")
    assert {item.item for item in later.catalogue.items()} == {"lasting", "changed"}
    assert [len(_listed(shelf, space)) for space in ("items", "values", "history")] == [2, 2, 0]
    assert {item.item for item in _reopened(shelf, "one").catalogue.items()} == {"lasting", "changed"}


def test_an_unknown_item_is_said_to_be_unknown() -> None:
    _, safe = _with(1)
    with pytest.raises(UnknownItemError):
        safe.entry("absent")


def _with(count: int, *, group: bool = False) -> tuple[FailingShelf, Safe]:
    shelf = FailingShelf()
    safe = _reopened(shelf)
    if group:
        safe.add(Entry(Item(item="g", kind="group", label="Group")), b"")
    for number in range(count):
        safe.add(_entry(str(number), group="g" if group else ""), b"value %d" % number)
    return shelf, safe


def _entry(item: str, *, group: str = "") -> Entry:
    entry = Entry(Item(item=item, kind="note", label=item, group=group), "one")
    return replace(entry, size=7)


def _for_session(entry: Entry) -> Entry:
    return replace(entry, item=replace(entry.item, attributes={"etui:lasts": "session"}))


def _reopened(shelf: FailingShelf, session: str = "") -> Safe:
    return Safe(Store(bytes(32), shelf), session)


def _listed(shelf: FailingShelf, namespace: str) -> list[storage.Record]:
    prefix = Store(bytes(32), shelf)._space(namespace)
    answer: storage.ListResult = shelf(storage.List(prefix=prefix))
    return answer.records


def _never(_: int) -> None:
    return None


def _fail(code: ErrorCode | None) -> None:
    if code is not None:
        raise RemoteError(code, "as the test wants it")
