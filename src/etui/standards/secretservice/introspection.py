"""What an object says of itself: interfaces and children as introspection data.

Source: D-Bus Specification 0.43, section "Introspection Data Format".
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

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
    lines += (f"  <node name={_quoted(child)}/>" for child in children)
    return _HEAD + "\n".join([*lines, "</node>", ""])


def _interface(name: str, interface: Interface) -> Iterator[str]:
    yield f"  <interface name={_quoted(name)}>"
    for member, method in interface.methods.items():
        yield f"    <method name={_quoted(member)}>"
        yield from _arguments(method.takes, ' direction="in"')
        yield from _arguments(method.gives, ' direction="out"')
        yield "    </method>"
    for member, arguments in interface.signals.items():
        yield f"    <signal name={_quoted(member)}>"
        yield from _arguments(arguments, "")
        yield "    </signal>"
    for member, held in interface.properties.items():
        access = "readwrite" if held.writable else "read"
        yield f'    <property name={_quoted(member)} type={_quoted(held.type)} access="{access}"/>'
    yield "  </interface>"


def _arguments(arguments: Arguments, direction: str) -> Iterator[str]:
    for name, kind in arguments:
        yield f"      <arg name={_quoted(name)} type={_quoted(kind)}{direction}/>"


def _quoted(text: str) -> str:
    """An attribute's value. ``xml.sax.saxutils`` would do it too, and load a client of HTTP and all of ``email``."""
    return f'"{escape(text)}"'
