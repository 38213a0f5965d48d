"""Names of hosts, taken apart as people read them: what somebody registered, and what stands around it.

Values in, values out. The public suffix list says where a registered name begins; it comes with its package, and is
asked for nothing over the net.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import Final

import msgspec
from publicsuffixlist import PublicSuffixList

_MAX_CHARACTERS: Final = 253
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://")
_PORT: Final = re.compile(r":[0-9]{1,5}\Z")
_LABEL: Final = re.compile(r"^[^\W_](?:[\w-]{0,61}[^\W_])?\Z")
_PUNYCODE: Final = "xn--"


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A host's name, in lower case and with the letters that punycode stands for.

    ``name``: the label that its owner chose, ``shop`` in ``pay.shop.co.uk``. ``suffix``: what that was registered
    under, ``co.uk``. ``before``: the labels in front of it, which its owner chose as well.
    """

    name: str
    suffix: str
    before: tuple[str, ...] = ()

    @property
    def registered(self) -> str:
        """The domain that somebody registered: hosts that share it belong to one party."""
        return f"{self.name}.{self.suffix}"

    @property
    def chosen(self) -> tuple[str, ...]:
        """The labels that its owner chose."""
        return (*self.before, self.name)

    def __str__(self) -> str:
        return ".".join((*self.chosen, self.suffix))


def read_host(text: str) -> Host | None:
    """The host in a name or an origin (``https://shop.example:8443``), or as SSH writes it (``[shop.example]:8443``).

    None for what nobody registered: an address, a single label, a public suffix, or no host at all.
    """
    name = _PORT.sub("", _SCHEME.sub("", text.strip().lower()))
    name = name.removeprefix("[").removesuffix("]").removesuffix(".")
    if not name or len(name) > _MAX_CHARACTERS or _is_address(name):
        return None
    labels = [_label(label) for label in name.split(".")]
    if not all(_LABEL.match(label) for label in labels):
        return None
    ascii_labels = [_ascii(label) for label in labels]
    suffix = _suffixes().publicsuffix(".".join(ascii_labels))
    count = suffix.count(".") + 1 if suffix else 1
    if len(labels) <= count:
        return None
    return Host(name=labels[-count - 1], suffix=".".join(labels[-count:]), before=tuple(labels[: -count - 1]))


def ascii_form(host: Host) -> str:
    """The name as it is looked up: with punycode for what is not ASCII."""
    return ".".join(_ascii(label) for label in str(host).split("."))


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _label(label: str) -> str:
    """A label with the letters that its punycode stands for; as it is where that is none."""
    if not label.startswith(_PUNYCODE):
        return label
    try:
        return label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode").lower()
    except (UnicodeError, ValueError, OverflowError):
        return label


def _ascii(label: str) -> str:
    return label if label.isascii() else _PUNYCODE + label.encode("punycode").decode("ascii")
