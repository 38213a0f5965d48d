"""The page that ``etui`` alone shows: every command in its place, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etui.cli.command import Command

_HEAD = """\
etui: the wallet of this terminal.

  etui COMMAND [OPTIONS]      `etui COMMAND --help` shows examples
"""
_FOOT = """\
--json prints one JSON value instead of text, for an error too.
ETUI_HOME names another profile's folder.
`etui help exits` lists the exit statuses.
"""


def start_page(sections: Mapping[str, Sequence[Command]]) -> str:
    """The page, at most 80 columns wide."""
    width = max(len(command.name) for commands in sections.values() for command in commands)
    parts = [_HEAD]
    for title, commands in sections.items():
        lines = [f"  {command.name:<{width}}  {command.help}" for command in commands]
        parts.append("\n".join([title, *lines]) + "\n")
    return "\n".join([*parts, _FOOT])
