"""The table, against a dictionary that does the same."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etui.extensions.storage_software import database
from etui.extensions.storage_software.database import open_database
from etui.extensions.storage_software.errors import DamagedError, DamagedUnwritableError, NewerError, QuotaError
from etui.extensions.storage_software.records import PAGE_BYTES, Records
from etui.interfaces.storage_1 import Record

QUOTA_BYTES = 200
ROOM_BYTES = 64 << 20
KEYS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["a/1", "a/2", "a/", "a", "b/1"])
CLIENTS = st.sampled_from(["one", "two"])


class TableAndDictionary(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.records = Records(open_database(Path(self.folder.name)))
        self.model: dict[str, dict[str, bytes]] = {"one": {}, "two": {}}

    def teardown(self) -> None:
        self.records.close()
        self.folder.cleanup()

    @rule(client=CLIENTS, changes=st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=60)), max_size=5))
    def put(self, client: str, changes: list[tuple[str, bytes | None]]) -> None:
        wanted = dict(self.model[client])
        for key, value in changes:
            if value is None:
                wanted.pop(key, None)
            else:
                wanted[key] = value
        records = [Record(key=key, value=value) for key, value in changes]
        if _bytes(wanted) > QUOTA_BYTES and _bytes(wanted) > _bytes(self.model[client]):
            with pytest.raises(QuotaError):
                self.records.put(client, records, QUOTA_BYTES)
        else:
            self.records.put(client, records, QUOTA_BYTES)
            self.model[client] = wanted

    @rule()
    def reopen(self) -> None:
        self.records.close()
        self.records = Records(open_database(Path(self.folder.name)))

    @rule(client=CLIENTS, prefix=KEYS, after=st.none() | KEYS)
    def page(self, client: str, prefix: str, after: str | None) -> None:
        keys = sorted(key for key in self.model[client] if key.startswith(prefix) and (after is None or key > after))
        page = self.records.page(client, prefix, after, values=True)
        assert [(r.key, r.value) for r in page.records] == [(key, self.model[client][key]) for key in keys]
        assert not page.more

    @invariant()
    def agree(self) -> None:
        for client, model in self.model.items():
            found = self.records.get(client, [*model, "absent"])
            assert {r.key: r.value for r in found if r.key in model} == model
            space = self.records.space(client)
            assert (space.records, space.bytes) == (len(model), _bytes(model))


TestTableAndDictionary = TableAndDictionary.TestCase
TestTableAndDictionary.settings = settings(max_examples=15, stateful_step_count=12)


def test_pages_end_at_half_a_mebibyte_and_hold_at_least_one_record(tmp_path: Path) -> None:
    sizes = {"a": PAGE_BYTES + 1, "b": PAGE_BYTES // 2, "c": PAGE_BYTES // 3, "d": PAGE_BYTES // 3, "e": 1}
    pages = []
    after, more = None, True
    with _opened(tmp_path) as records:
        records.put("one", [Record(key=key, value=bytes(size)) for key, size in sizes.items()], ROOM_BYTES)
        while more:
            page = records.page("one", "", after, values=True)
            pages.append("".join(r.key for r in page.records))
            after, more = page.records[-1].key, page.more
    assert pages == ["a", "bc", "de"]


def test_a_list_of_keys_has_no_values_and_pages_are_longer_for_it(tmp_path: Path) -> None:
    with _opened(tmp_path) as records:
        records.put("one", [Record(key=str(n), value=bytes(PAGE_BYTES)) for n in range(4)], ROOM_BYTES)
        page = records.page("one", "", None, values=False)
    assert [(r.key, r.value) for r in page.records] == [(str(n), None) for n in range(4)]


def test_one_who_is_over_the_quota_may_still_delete_and_shorten(tmp_path: Path) -> None:
    with _opened(tmp_path) as records:
        records.put("one", [Record(key="a", value=bytes(500)), Record(key="b", value=bytes(500))], ROOM_BYTES)
        with pytest.raises(QuotaError, match="100 are allowed"):
            records.put("one", [Record(key="c", value=b"x")], 100)
        records.put("one", [Record(key="a"), Record(key="b", value=bytes(400))], 100)
        assert records.space("one").bytes == 401


def test_a_migration_changes_the_version_with_the_schema_or_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _opened(tmp_path) as records:
        records.put("one", [Record(key="a", value=b"kept")], ROOM_BYTES)

    def breaks(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE records ADD COLUMN more TEXT")
        connection.execute("INSERT INTO absent VALUES (1)")

    def adds(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE more (name TEXT) STRICT")

    first = database._MIGRATIONS
    monkeypatch.setattr(database, "_MIGRATIONS", (*first, breaks))
    with pytest.raises(sqlite3.OperationalError, match="absent"):
        open_database(tmp_path)
    monkeypatch.setattr(database, "_MIGRATIONS", (*first, adds))
    migrated = open_database(tmp_path).connection
    assert migrated.execute("PRAGMA user_version").fetchone() == (3,)
    assert migrated.execute("SELECT client, key, value FROM records").fetchall() == [("one", "a", b"kept")]
    migrated.close()
    monkeypatch.setattr(database, "_MIGRATIONS", first)
    with pytest.raises(NewerError, match="has version 3, and version 2 is the newest"):
        open_database(tmp_path)


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / database.FILE_NAME
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE records (a)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(DamagedError, match="no store of Etui"):
        open_database(tmp_path)
    assert path.read_bytes() == before


def test_a_file_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / f"{database.FILE_NAME}.new").write_bytes(b"half")
    with _opened(tmp_path) as records:
        records.put("one", [Record(key="a", value=b"x")], ROOM_BYTES)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_a_table_whose_description_was_altered_is_damaged_and_kept(tmp_path: Path) -> None:
    with _opened(tmp_path) as records:
        records.put("one", [Record(key="a", value=b"x")], ROOM_BYTES)
    path = tmp_path / database.FILE_NAME
    altered = path.read_bytes().replace(b"value BLOB", b"vblue BLOB")
    path.write_bytes(altered)
    with _opened(tmp_path) as records:
        with pytest.raises(DamagedError, match=r"records\.db is damaged \(no such column: value\)"):
            records.get("one", ["a"])
        with pytest.raises(DamagedUnwritableError):
            records.put("one", [Record(key="b", value=b"y")], ROOM_BYTES)
    assert path.read_bytes() == altered


@pytest.mark.parametrize(("name", "other"), [(b"oneax", b"uneax"), (b"onecx", b"unecx"), (b"onecx", b"onedx")])
def test_a_record_that_is_no_more_found_by_its_name_is_told_and_nothing_more_written(
    name: bytes, other: bytes, tmp_path: Path
) -> None:
    with _opened(tmp_path) as records:
        for key in "abc":
            records.put("one", [Record(key=key, value=b"x")], ROOM_BYTES)
        assert not records.page("one", "", None, values=True).damaged
    path = tmp_path / database.FILE_NAME
    altered = path.read_bytes().replace(name, other)
    assert altered != path.read_bytes()
    path.write_bytes(altered)
    with _opened(tmp_path) as records:
        assert records.page("one", "", None, values=True).damaged
        with pytest.raises(DamagedUnwritableError):
            records.put("one", [Record(key="d", value=b"y")], ROOM_BYTES)
    assert path.read_bytes() == altered


def test_a_file_of_the_first_version_bears_the_sums_when_it_is_carried_on_and_is_read_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(database, "_MIGRATIONS", database._MIGRATIONS[:1])
        first = open_database(tmp_path).connection
        first.execute("INSERT INTO records VALUES ('one', 'a', x'78')")
        first.close()
    with monkeypatch.context() as disk:
        disk.setattr(database, "_is_read_only", lambda _path: True)
        with _opened(tmp_path) as records:
            page = records.page("one", "", None, values=True)
            assert (page.damaged, page.records) == (False, [Record(key="a", value=b"x")])
    with _opened(tmp_path) as records:
        assert not records.page("one", "", None, values=True).damaged
    path = tmp_path / database.FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"oneax", b"onebx"))
    with _opened(tmp_path) as records:
        assert records.page("one", "", None, values=True).damaged


def test_a_key_that_is_no_text_any_more_hides_none_of_the_others(tmp_path: Path) -> None:
    with _opened(tmp_path) as records:
        records.put("one", [Record(key=key, value=b"x") for key in "abcd"], ROOM_BYTES)
    path = tmp_path / database.FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"onebx", b"one\xffx"))
    with _opened(tmp_path) as records:
        found = records.page("one", "", None, values=True)
        assert (found.damaged, found.records[:1]) == (True, [Record(key="a", value=b"x")])


@given(garbage=st.binary(max_size=300))
@settings(max_examples=30)
def test_whatever_the_file_holds_it_is_refused_in_words_and_kept(garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / database.FILE_NAME
        path.write_bytes(garbage)
        with pytest.raises(DamagedError):
            open_database(Path(folder))
        assert path.read_bytes() == garbage


@contextmanager
def _opened(folder: Path) -> Iterator[Records]:
    records = Records(open_database(folder))
    yield records
    records.close()


def _bytes(model: dict[str, bytes]) -> int:
    return sum(len(key.encode()) + len(value) for key, value in model.items())
