"""Writes into the package's tree what Etui's own code says: completion, man page, and where browsers find the host.

Started as ``said.py SITE TREE HOME``: ``SITE`` has Etui and its libraries, ``TREE`` is the package's, ``HOME`` is where
the wallet will lie once it is installed. It is a process of its own since ``./package`` needs no library, and this all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_COMPLETIONS: Final = {
    "bash": "usr/share/bash-completion/completions/etui",
    "zsh": "usr/share/zsh/vendor-completions/_etui",
    "fish": "usr/share/fish/vendor_completions.d/etui.fish",
}
_MAN: Final = "usr/share/man/man1/etui.1"
_MANIFESTS: Final = {"etc/chromium/native-messaging-hosts": True, "usr/lib/mozilla/native-messaging-hosts": False}
"""Where Debian's browsers look for hosts that the system has, and whether that is one of Chromium's kind."""


def main(site: str, tree: Path, home: str) -> None:
    """Writes all of it."""
    sys.path.insert(0, site)
    from etui.cli.completion import SHELLS  # noqa: PLC0415  # it is found in ``site``
    from etui.cli.main import build_parser  # noqa: PLC0415
    from etui.doors.browser.manifests import HOST, host_manifest, host_script  # noqa: PLC0415

    parser = build_parser()
    for shell, path in _COMPLETIONS.items():
        _write(tree / path, SHELLS[shell](parser) + "\n")
    _write(tree / _MAN, "".join(_page(parser)))
    host = f"{home}/libexec/{HOST}"
    _write(tree / host.lstrip("/"), host_script(f"{home}/bin/python", {}))
    (tree / host.lstrip("/")).chmod(0o755)
    for folder, chromium in _MANIFESTS.items():
        _write(tree / folder / f"{HOST}.json", host_manifest(Path(host), chromium=chromium))


def _page(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The man page: what ``etui --help`` says, and then each command's help."""
    from etui.cli.completion import commands_of  # noqa: PLC0415

    yield '.TH ETUI 1 "" Etui\n.SH NAME\netui \\- an open terminal wallet\n.SH DESCRIPTION\n'
    yield _verbatim(parser.format_help())
    yield ".SH COMMANDS\n"
    for name, command in commands_of(parser).items():
        yield f".SS etui {name}\n{_verbatim(command.format_help())}"
        for below, part in commands_of(command).items():
            yield f".SS etui {name} {below}\n{_verbatim(part.format_help())}"


def _verbatim(text: str) -> str:
    """Lines that stay as they are; at a line's beginning, a dot or an apostrophe would be a request (groff(7))."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return ".nf\n" + "".join(f"\\&{line}\n" for line in lines) + ".fi\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
