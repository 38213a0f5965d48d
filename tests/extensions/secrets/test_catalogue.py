"""Finding, against looking at every entry."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from etui.extensions.secrets.catalogue import Catalogue
from etui.extensions.secrets.entries import Entry
from etui.interfaces import Item
from etui.interfaces.secret_1 import Find

NAMES = st.sampled_from(["user", "host", ""])
VALUES = st.sampled_from(["Anna", "bob", "STRASSE", "straße", ""])
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=3)
GROUPS = st.sampled_from(["", "g1", "g2"])
KINDS = st.sampled_from(["login", "password", "file"])
IDS = st.integers(0, 9).map(str)
ENTRIES = st.builds(
    Entry,
    item=st.builds(
        Item, item=IDS, kind=KINDS, label=VALUES, group=GROUPS, attributes=ATTRIBUTES, modified=st.integers(0, 3)
    ),
    creator=st.sampled_from(["one", "two"]),
)
STEPS = st.lists(ENTRIES | IDS, max_size=20)
"""An entry is added or put in another's place, an id is removed."""


def _both(steps: list[Entry | str]) -> tuple[Catalogue, dict[str, Entry]]:
    catalogue, model = Catalogue(), dict[str, Entry]()
    for step in steps:
        if isinstance(step, Entry):
            catalogue.add(step)
            model[step.id] = step
        elif model.pop(step, None) is not None:
            catalogue.remove(step)
    return catalogue, model


QUERIES = st.builds(
    Find,
    attributes=st.none() | ATTRIBUTES,
    kind=st.none() | KINDS,
    group=st.none() | GROUPS,
    ungrouped=st.none() | st.booleans(),
    without=st.none() | st.lists(NAMES, max_size=2),
)


@given(STEPS, QUERIES)
def test_an_item_is_found_by_all_that_is_given_of_it(steps: list[Entry | str], query: Find) -> None:
    catalogue, model = _both(steps)
    wanted = [
        entry.item
        for entry in model.values()
        if (query.attributes or {}).items() <= entry.item.attributes.items()
        and query.kind in {None, entry.item.kind}
        and ("" if query.ungrouped else query.group) in {None, entry.item.group}
        and not set(query.without or ()) & set(entry.item.attributes)
    ]
    wanted.sort(key=lambda item: (-item.modified, item.item))
    assert catalogue.find(query) == wanted
    assert catalogue.find(replace(query, limit=2)) == wanted[:2]


@given(STEPS)
def test_groups_and_entries_are_those_that_were_added_last(steps: list[Entry | str]) -> None:
    catalogue, model = _both(steps)
    assert sorted(i.item for i in catalogue.items()) == sorted(model)
    assert all(catalogue.get(item) == model.get(item) for item in map(str, range(10)))
    for group in ("", "g1", "g2"):
        members = {entry.id for entry in model.values() if entry.item.group == group}
        assert {entry.id for entry in catalogue.members(group)} == members


@given(STEPS, st.sampled_from(["one", "two"]), GROUPS, KINDS, ATTRIBUTES)
def test_a_twin_is_the_creators_own_with_the_same_attributes_in_the_same_group(
    steps: list[Entry | str], creator: str, group: str, kind: str, attributes: dict[str, str]
) -> None:
    catalogue, model = _both(steps)
    twin = catalogue.twin(creator, group, kind, attributes)
    texts = {"login", "password"}
    wanted = [
        entry
        for entry in model.values()
        if attributes
        and (entry.creator, entry.item.group, entry.item.attributes) == (creator, group, attributes)
        and (entry.item.kind == kind or {entry.item.kind, kind} <= texts)
    ]
    assert twin == min(wanted, key=lambda entry: (-entry.item.modified, entry.id), default=None)


def test_words_are_looked_for_in_label_and_values_in_capitals_or_not() -> None:
    bank = Entry(Item(item="1", kind="login", label="My Bank", attributes={"user": "Straße"}))
    shop = Entry(Item(item="2", kind="login", label="Shop", attributes={"bank": "x"}))
    catalogue = Catalogue([bank, shop])
    assert catalogue.find(Find(text="bANK strasse")) == [bank.item]
    assert catalogue.find(Find(text="bank shop")) == []
    assert len(catalogue.find(Find(text="  "))) == 2
    catalogue.add(replace(bank, item=replace(bank.item, label="Moved")))
    assert catalogue.find(Find(text="bank")) == []
