"""Sealed records: what an Extension gets back, whatever their provider does, and what is kept in memory meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etui.interfaces import Request
from etui.interfaces import storage_1 as storage
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import DamagedRecordError, RemoteError, Store

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


# what two writes at once, or one that fails, leave in memory


class Interrupted(Overtaken):
    """A provider that does something else before or after it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401
        if not isinstance(request, storage.Put):
            return super().__call__(request, under=under, provider=provider)
        before, after, self.before, self.after = self.before, self.after, [], []
        for do in before:
            do()
        answer = super().__call__(request, under=under, provider=provider)
        for do in after:
            do()
        return answer


@pytest.mark.parametrize("when", ["before", "after"])
def test_of_two_writes_at_once_the_one_that_is_stored_is_the_one_that_is_read(when: str) -> None:
    provider = Interrupted()
    getattr(provider, when).append(lambda: provider.store.put({NAME: b"second"}))
    provider.store.put({NAME: b"first"})
    stored = Store(bytes(32), provider).get(*NAME)
    assert stored == (b"first" if when == "before" else b"second")
    assert provider.store.get(*NAME) == stored


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_write_that_failed_what_is_stored_is_read_again(when: str) -> None:
    def fail() -> None:
        raise RemoteError(ErrorCode.TIMED_OUT, "it took too long")

    provider = Interrupted()
    provider.store.put({NAME: b"old"})
    getattr(provider, when).append(fail)
    with pytest.raises(RemoteError):
        provider.store.put({NAME: b"new"})
    assert provider.store.get(*NAME) == (b"old" if when == "before" else b"new")


def test_a_write_keeps_nothing_that_was_forgotten_within_it() -> None:
    provider = Interrupted()
    provider.after.append(provider.store.forget)
    provider.store.put({NAME: b"value"})
    assert provider.store._kept == {}


# a provider that is honest


class Honest:
    """Keeps records as ``storage/1`` says, two in a page."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.asked: list[Request[Any]] = []

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401, ARG002
        self.asked.append(request)
        match request:
            case storage.Put():
                for record in request.records:
                    if record.value is None:
                        self.records.pop(record.key, None)
                    else:
                        self.records[record.key] = record.value
                return storage.PutResult()
            case storage.Get():
                found = [storage.Record(key=key, value=self.records.get(key)) for key in request.keys]
                return storage.GetResult(records=found)
            case storage.List():
                keys = sorted(
                    k for k in self.records if k.startswith(request.prefix or "") and k > (request.after or "")
                )
                found = [storage.Record(key=key, value=self.records[key]) for key in keys[:2]]
                return storage.ListResult(records=found, more=len(keys) > 2)
        raise AssertionError(request)


SPACES = st.sampled_from(["values", "", "a/b", "ä"])
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
VALUES = st.binary(max_size=20)


class StoreLikeADictionary(RuleBasedStateMachine):
    """Whatever is written, forgotten and opened again, the store is a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.provider = Honest()
        self.store = Store(bytes(32), self.provider)
        self.model: dict[tuple[str, str], bytes] = {}

    @rule(changes=st.dictionaries(st.tuples(SPACES, NAMES), st.none() | VALUES, max_size=4))
    def put(self, changes: dict[tuple[str, str], bytes | None]) -> None:
        self.store.put(changes)
        for name, value in changes.items():
            self.model.pop(name, None)
            if value is not None:
                self.model[name] = value

    @rule(space=SPACES, name=NAMES)
    def get(self, space: str, name: str) -> None:
        assert self.store.get(space, name) == self.model.get((space, name))

    @rule()
    def forget(self) -> None:
        self.store.forget()

    @rule()
    def open_again(self) -> None:
        self.store = Store(bytes(32), self.provider)

    @invariant()
    def each_space_has_its_names(self) -> None:
        for space in ("values", "", "a/b", "ä"):
            expected = {name: value for (of, name), value in self.model.items() if of == space}
            listed = list(self.store.names(space))
            assert dict(listed) == expected
            assert len(listed) == len(expected)
        assert self.store.damaged == 0


TestStoreLikeADictionary = StoreLikeADictionary.TestCase
TestStoreLikeADictionary.settings = settings(max_examples=40, stateful_step_count=15)


def test_a_provider_sees_neither_names_nor_values_and_not_which_are_alike() -> None:
    provider = Honest()
    store = Store(bytes(32), provider)
    store.put({("passwords", "mail.example.org"): b"hunter2", ("notes", "mail.example.org"): b"hunter2"})
    seen = repr(provider.records)
    for hidden in ("passwords", "mail", "example", "hunter2", "notes"):
        assert hidden not in seen
    (first, one), (second, other) = provider.records.items()
    assert first.split("/")[0] != second.split("/")[0]
    assert first.split("/")[1] != second.split("/")[1]
    assert one != other
    assert all(len(key) <= 200 for key in provider.records)


def test_an_extension_with_another_key_finds_nothing() -> None:
    provider = Honest()
    Store(bytes(32), provider).put({NAME: b"value"})
    other = Store(bytes(31) + b"x", provider)
    assert other.get(*NAME) is None
    assert list(other.names(NAME[0])) == []


# a provider that is not


class Hostile(Honest):
    """Answers with what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(bytes(32), self)
        self.store.put({("values", "a"): b"1", ("values", "b"): b"2", ("notes", "a"): b"3"})
        self.store.forget()
        self.answers: list[storage.GetResult | storage.ListResult] = []

    def place(self, namespace: str, name: str) -> str:
        return self.store._place(namespace, name)

    def record(self, at: tuple[str, str], of: tuple[str, str]) -> storage.Record:
        """The record of ``of`` in the place of ``at``."""
        return storage.Record(key=self.place(*at), value=self.records[self.place(*of)])

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401
        answer = super().__call__(request, under=under, provider=provider)
        return self.answers.pop(0) if getattr(self, "answers", None) else answer


def test_a_record_in_the_place_of_another_does_not_open() -> None:
    provider = Hostile()
    swapped = provider.record(("values", "a"), ("values", "b"))
    provider.answers = [storage.GetResult(records=[swapped]), storage.ListResult(records=[swapped], more=False)]
    with pytest.raises(DamagedRecordError, match="restore a backup"):
        provider.store.get("values", "a")
    assert list(provider.store.names("values")) == []
    assert provider.store.damaged == 1
    assert provider.store.get("values", "a") == b"1"


def test_a_record_of_another_namespace_is_not_taken_for_one_of_this() -> None:
    provider = Hostile()
    records = [provider.record(of, of) for of in (("notes", "a"), ("values", "b"))]
    provider.answers = [storage.ListResult(records=records, more=False)]
    assert dict(provider.store.names("values")) == {"b": b"2"}
    assert provider.store.damaged == 1


@pytest.mark.parametrize("value", [b"", b"x", bytes(64)])
def test_what_is_no_record_does_not_open(value: bytes) -> None:
    provider = Hostile()
    record = storage.Record(key=provider.place("values", "a"), value=value)
    provider.answers = [storage.GetResult(records=[record])]
    with pytest.raises(DamagedRecordError):
        provider.store.get("values", "a")


def test_records_that_were_not_asked_for_are_passed_over() -> None:
    provider = Hostile()
    other = provider.record(("values", "b"), ("values", "b"))
    without = storage.Record(key=provider.place("values", "a"))
    provider.answers = [storage.GetResult(records=[other, without])]
    assert provider.store.get("values", "a") is None
    provider.answers = [storage.ListResult(records=[without, other], more=False)]
    assert dict(provider.store.names("values")) == {"b": b"2"}


@pytest.mark.parametrize("repeats", [True, False])
def test_a_list_that_does_not_come_to_an_end_is_an_error(*, repeats: bool) -> None:
    provider = Hostile()
    records = [provider.record(("values", "a"), ("values", "a"))] if repeats else []
    provider.answers = [storage.ListResult(records=records, more=True) for _ in range(1000)]
    with pytest.raises(ProtocolError, match="without an end") as caught:
        dict(provider.store.names("values"))
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert len(provider.answers) >= 998
