"""Codes of the tests: one of a shop, and any that there could be."""

from __future__ import annotations

from typing import Final

import msgspec
from hypothesis import strategies as st

from etui.standards.emvqr import AdditionalData, Code, Initiation, Language, OrderPlace, Template, Tip

PLACE: Final = OrderPlace(host="shop.etui.test", order="order-1")
SHOP: Final = Code(
    initiation=Initiation.DYNAMIC,
    templates=(PLACE.template(),),
    category="5942",
    currency="978",
    amount="12.50",
    country="DE",
    name="Demo Shop",
    city="Berlin",
)


def plain(longest: int) -> st.SearchStrategy[str]:
    """Printable characters of ASCII."""
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=longest)


def free(longest: int) -> st.SearchStrategy[str]:
    """Characters of Unicode."""
    return st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=longest)


def _numbered(first: int, last: int, values: st.SearchStrategy[str], most: int) -> st.SearchStrategy[dict[str, str]]:
    names = st.integers(first, last).map(lambda number: f"{number:02d}")
    return st.dictionaries(names, values, max_size=most).map(lambda found: dict(sorted(found.items())))


def _templates(first: int, last: int, least: int) -> st.SearchStrategy[tuple[Template, ...]]:
    names = st.sets(st.integers(first, last), min_size=least, max_size=3).map(sorted)

    def made(numbers: list[int]) -> st.SearchStrategy[tuple[Template, ...]]:
        return st.tuples(
            *(
                st.builds(Template, id=st.just(f"{number}"), identifier=plain(32), values=_numbered(1, 99, free(20), 2))
                for number in numbers
            )
        )

    return names.flatmap(made)


_LABEL = st.just("") | plain(12)
_AMOUNTS = st.from_regex(r"[1-9][0-9]{0,6}(\.[0-9]{0,2})?", fullmatch=True)
_ADDITIONAL = st.builds(
    AdditionalData,
    bill_number=_LABEL,
    reference_label=_LABEL,
    terminal_label=_LABEL,
    consumer_data=st.sampled_from(["", "A", "ME", "AME"]),
    channel=st.sampled_from(["", "521"]),
    others=_numbered(12, 99, free(8), 2),
).filter(lambda data: data != AdditionalData())
_LANGUAGES = st.builds(
    Language, preference=st.just("ZH"), name=free(25), city=st.just("") | free(15), others=_numbered(3, 99, free(9), 2)
)


@st.composite
def codes(draw: st.DrawFn) -> Code:
    """Any code, some of whose members are long."""
    tip = draw(st.none() | st.sampled_from(Tip))
    return Code(
        initiation=draw(st.none() | st.sampled_from(Initiation)),
        accounts=draw(_numbered(2, 25, plain(99), 2)),
        templates=draw(_templates(26, 51, 1)),
        category=draw(st.from_regex("[0-9]{4}", fullmatch=True)),
        currency=draw(st.sampled_from(["978", "392", "414", "840"])),
        amount=draw(st.just("") | _AMOUNTS),
        tip=tip,
        fee_fixed=draw(_AMOUNTS) if tip is Tip.FIXED else "",
        fee_percentage=draw(st.sampled_from(["00.01", "5", "5.", "99.99"])) if tip is Tip.PERCENTAGE else "",
        country=draw(st.sampled_from(["DE", "JP"])),
        name=draw(plain(25)),
        city=draw(plain(15)),
        postal_code=draw(st.just("") | plain(10)),
        additional=draw(st.none() | _ADDITIONAL),
        language=draw(st.none() | _LANGUAGES),
        unreserved=draw(_templates(80, 99, 0)),
        others=draw(_numbered(65, 79, free(20), 2)),
    )


def with_changes(**changes: object) -> Code:
    """The shop's code, but for some members."""
    return msgspec.structs.replace(SHOP, **changes)
