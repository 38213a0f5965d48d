"""``python -m etui.trusted.native.egress --fd N --home PATH``: the process of egress.

It reads its mappings and who vouches for certificates, makes itself undumpable, and serves the Router's socket until
that closes. Its only key is that of its session, made at the start and gone with the process.

Source: prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from etui.protocol import ProtocolError
from etui.trusted.memory import harden
from etui.trusted.native.egress.errors import StartError
from etui.trusted.native.egress.fetching import Fetcher, Trust
from etui.trusted.native.egress.network import Network
from etui.trusted.native.egress.routes import Routes, read_routes
from etui.trusted.native.egress.service import Service


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs egress; 0 once its socket closed, 1 where it could not start or its socket carried no messages."""
    parser = argparse.ArgumentParser(prog="etui-egress", description="Etui's egress, started by its supervisor.")
    parser.add_argument("--fd", type=int, required=True, help="the connected socket to the Router")
    parser.add_argument("--home", type=Path, required=True, help="the profile's folder")
    options = parser.parse_args(arguments)
    try:
        harden()
        routes = read_routes(options.home)
        asyncio.run(_serve(socket.socket(fileno=options.fd), routes, trust_of(routes)))
    except (StartError, ProtocolError, OSError) as error:
        sys.stderr.write(f"egress: {error}\n")
        return 1
    return 0


def trust_of(routes: Routes) -> Trust:
    """The system's certificate authorities, and a test profile's own; raises ``StartError``."""
    system = tls_context(None)
    if routes.authority is None:
        return Trust(system, system)
    try:
        return Trust(system, tls_context(routes.authority))
    except OSError as error:
        raise StartError(f"{routes.authority} holds no certificate authority: {error.strerror}") from None


def tls_context(authority: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later with the host's name verified, by the system's authorities or by those in one file alone."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _serve(sock: socket.socket, routes: Routes, trust: Trust) -> None:
    reader, writer = await asyncio.open_connection(sock=sock)
    fetcher = Fetcher(routes, trust, _log, Network())
    try:
        await Service(reader, writer, fetcher).serve()
    finally:
        fetcher.close()
        writer.close()


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
