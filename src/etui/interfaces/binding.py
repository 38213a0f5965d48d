"""What the typed Python of an interface is made of: requests that know their method and their result.

A generated module has a struct for each method, as in ``secret.Read(item=reference)``, whose class says by which
method it travels, what answers it, and which of its fields the two ends seal.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

ResultT = TypeVar("ResultT", bound="Result")


class _Hidden:
    """Stands for a value that is not shown."""

    def __repr__(self) -> str:
        return "…"


_HIDDEN: Final = _Hidden()


class _Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose sealed fields are not shown."""

    METHOD: ClassVar[str] = ""
    SEALED: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def on_the_wire(cls, attribute: str) -> str:
        """The name that an attribute's field has in the document, where Python has taken that for itself."""
        return cls.__struct_encode_fields__[cls.__struct_fields__.index(attribute)]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, self._shown(name)) for name in self.__struct_fields__]

    def _shown(self, name: str) -> object:
        value: object = getattr(self, name)
        return _HIDDEN if name in self.SEALED and value is not None else value


class Result(_Guarded, frozen=True, kw_only=True, omit_defaults=True):
    """What answers a request; sealed fields hold the plain bytes once the end has opened them."""


class Request(_Guarded, Generic[ResultT], frozen=True, kw_only=True, omit_defaults=True):
    """The parameters of one method; sealed fields are given plain and sealed by the end that sends them."""

    RESULT: ClassVar[type[Result]] = Result
    REFERENCES: ClassVar[tuple[str, ...]] = ()
    WAITS: ClassVar[bool] = False


class Prepared(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What a call would amount to, which a provider says before it is asked for.

    ``notes``: sentences for the user. ``settles``: by name, what the request leaves open of the method's own material
    fields, as JSON values (an item by the provider's own reference): they are shown and consented to with the request,
    and no call under it may have another value. Whatever else is settled ends the request. ``items``: for such a field
    that policy decides about, items of the provider's own by their ids, 1 to 50, instead of a value: the only one is
    settled, and of several the user chooses one in the question.
    """

    notes: list[Annotated[str, Meta(max_length=1000)]] = []
    settles: dict[str, msgspec.Raw] = {}
    items: dict[str, list[str]] = {}


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of an Extension's inventory: all that is told about an item without disclosing its data.

    ``item``: for a Client its reference, for the Extension its own id (1 to 64 characters). ``group``: the item that
    this one belongs to, in the same form, or empty. Times are seconds since 1970 UTC.
    """

    item: Annotated[str, Meta(min_length=1, max_length=512)]
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
    label: Annotated[str, Meta(max_length=1000)] = ""
    group: Annotated[str, Meta(max_length=512)] = ""
    attributes: dict[str, str] = {}
    created: int = 0
    modified: int = 0
