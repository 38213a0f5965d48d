"""What an object says of itself: interfaces and children as introspection data.

Source: D-Bus Specification 0.43, section "Introspection Data Format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from etui.standards.secretservice.interfaces import INTERFACES, Arguments, Interface
from etui.standards.secretservice.names import INTROSPECTABLE, PEER, PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)


def introspection(interfaces: Iterable[str], children: Iterable[str] = ()) -> str:
    """The introspection data of an object with these interfaces and those that every object has.

    ``children``: the last elements of the paths below it.
    """
    lines = ["<node>"]
    for name in (*interfaces, PROPERTIES, INTROSPECTABLE, PEER):
        lines += _interface(name, INTERFACES[name])
    lines += (f"  <node name={quoteattr(child)}/>" for child in children)
    return _HEAD + "\n".join([*lines, "</node>", ""])


def _interface(name: str, interface: Interface) -> Iterator[str]:
    yield f"  <interface name={quoteattr(name)}>"
    for member, method in interface.methods.items():
        yield f"    <method name={quoteattr(member)}>"
        yield from _arguments(method.takes, ' direction="in"')
        yield from _arguments(method.gives, ' direction="out"')
        yield "    </method>"
    for member, arguments in interface.signals.items():
        yield f"    <signal name={quoteattr(member)}>"
        yield from _arguments(arguments, "")
        yield "    </signal>"
    for member, held in interface.properties.items():
        access = "readwrite" if held.writable else "read"
        yield f'    <property name={quoteattr(member)} type={quoteattr(held.type)} access="{access}"/>'
    yield "  </interface>"


def _arguments(arguments: Arguments, direction: str) -> Iterator[str]:
    for name, kind in arguments:
        yield f"      <arg name={quoteattr(name)} type={quoteattr(kind)}{direction}/>"
