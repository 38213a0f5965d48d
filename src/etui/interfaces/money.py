"""Which currency an amount is in, by the mark ``money`` of its field."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.interfaces.document import Field


def currency_of(field: Field, *scopes: Mapping[str, object]) -> str:
    """The currency that is said for an amount; empty where none is, or the field is no money.

    ``scopes``: the values beside it, then those of what holds it, the nearest first, and of a result the params.
    """
    if field.money is None:
        return ""
    return next((said for scope in scopes if isinstance(said := scope.get(field.money), str)), "")
