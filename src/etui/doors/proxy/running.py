"""Runs one command beside the proxy, and ends with it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.doors.proxy.authority import Authority
from etui.doors.proxy.family import take_in_orphans
from etui.doors.proxy.lending import Lender, Lent
from etui.doors.proxy.proxy import USER, Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PROXY: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_NOT_BY_PROXY: Final = "localhost,127.0.0.1,::1"
_TRUST: Final = (
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "DENO_CERT",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL: Final = 128
_MAX_SHOWN: Final = 400

__all__ = ["Lent", "run"]


def run(
    socket: Path, lent: Sequence[Lent], reach: Sequence[str], command: Sequence[str], note: Callable[[str], None]
) -> int:
    """Runs a command with the use of these items; its exit status, 128 and the signal's number where one ended it.

    ``socket``: the Router's. ``reach``: hosts that the command may reach besides, ``all`` for any. ``note``: takes what
    the user should know. Raises ``OSError`` where the command cannot be started.
    """
    return asyncio.run(_run(socket, lent, reach, command, note))


async def _run(
    socket: Path, lent: Sequence[Lent], reach: Sequence[str], command: Sequence[str], note: Callable[[str], None]
) -> int:
    lender = Lender(socket, lent, shlex.join(command)[:_MAX_SHOWN])
    authority = Authority(lender.hosts)
    take_in_orphans()
    proxy = Proxy(lender, authority, os.getpid(), reach, note)
    await proxy.open()
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=socket.parent))
    try:
        trusted = folder / "authority.pem"
        trusted.write_bytes(authority.pem + (_system_authorities() if reach else b""))
        return await _command(command, environment(os.environ, lent, proxy, trusted))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        await proxy.close()
        lender.close()


def environment(environ: Mapping[str, str], lent: Sequence[Lent], proxy: Proxy, trusted: Path) -> dict[str, str]:
    """What the command finds: the placeholders, the proxy, and the authority that vouches for the named hosts."""
    address = f"http://{USER}:{proxy.key}@127.0.0.1:{proxy.port}"
    changed = dict(environ) | dict.fromkeys(_PROXY, address) | dict.fromkeys(_TRUST, str(trusted))
    changed |= {"NO_PROXY": _NOT_BY_PROXY, "no_proxy": _NOT_BY_PROXY, "NODE_USE_ENV_PROXY": "1"}
    for one in lent:
        changed[one.variable] = one.placeholder
        if one.base_url:
            changed[one.base_url] = f"http://127.0.0.1:{proxy.port}/{proxy.key}/{one.hosts[0]}"
    return changed


async def _command(command: Sequence[str], environ: Mapping[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, env=environ)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _pass_on, process, number)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # a terminal's reaches the command by itself
    status = await process.wait()
    return status if status >= 0 else _BY_SIGNAL - status


def _pass_on(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)


def _system_authorities() -> bytes:
    """The certificates that this system trusts, for what the command reaches besides."""
    paths = ssl.get_default_verify_paths()
    known = [Path(paths.cafile)] if paths.cafile else []
    known += [Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt")]
    return next((path.read_bytes() for path in known if path.is_file()), b"")
