"""Run in a network namespace of its own: makes a network there, cuts it in every way, and prints what was seen.

Each line is a name and whether there was coverage.
"""

from __future__ import annotations

import subprocess
import sys
import time

from etui.trusted.native.coverage.looking import is_covered

_PATIENCE_S = 10.0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=_PATIENCE_S)


def _see(name: str, *, wanted: bool) -> None:
    """The kernel takes a moment to tell both ends of a pair of a carrier that came or went."""
    deadline = time.monotonic() + _PATIENCE_S
    while (seen := is_covered()) is not wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    sys.stdout.write(f"{name} {seen}\n")


_see("nothing", wanted=False)
_ip("link", "set", "lo", "up")
_ip("route", "add", "default", "dev", "lo")
_see("loopback", wanted=False)
_ip("route", "del", "default")
_ip("link", "add", "here", "type", "veth", "peer", "name", "there")
_ip("addr", "add", "192.0.2.2/24", "dev", "here")
_ip("link", "set", "here", "up")
_ip("link", "set", "there", "up")
_see("neighbours", wanted=False)
_ip("route", "add", "default", "via", "192.0.2.1")
_see("routed", wanted=True)
_ip("link", "set", "there", "down")
_see("carrier-lost", wanted=False)
_ip("link", "set", "there", "up")
_see("carrier-back", wanted=True)
_ip("route", "replace", "unreachable", "default")
_see("unreachable", wanted=False)
_ip("route", "del", "unreachable", "default")
_ip("rule", "add", "priority", "100", "lookup", "77")
_ip("route", "add", "default", "via", "192.0.2.1", "table", "77")
_see("by-rule", wanted=True)
_ip("route", "del", "default", "table", "77")
_see("cut", wanted=False)
_ip("-6", "addr", "add", "2001:db8::2/64", "dev", "here", "nodad")
_ip("-6", "route", "add", "default", "via", "2001:db8::1")
_see("version-6", wanted=True)
_ip("link", "set", "here", "down")
_see("down", wanted=False)
