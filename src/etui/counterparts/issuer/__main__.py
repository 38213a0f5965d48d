"""``python -m etui.counterparts.issuer``: the authorisation host of a card issuer."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from pathlib import Path

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.books import MOST_TOGETHER, BooksError, open_books
from etui.counterparts.issuer.cards import prepare
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.errors import IssuerError
from etui.counterparts.issuer.host import serve
from etui.counterparts.issuer.key_files import key_of_descriptor, key_of_file
from etui.counterparts.issuer.workers import listeners, watch
from etui.counterparts.options import port, whole_number

_MOST_WORKERS = 64
_EPILOG = """\
It speaks ISO 8583:1987 over TCP, each message behind two bytes of its length; docs/issuer.md has the dialect and the
order of the checks. Lines are neither encrypted nor authenticated: listen on the loopback, or behind a tunnel.
"""


def main() -> int:
    """Serves until SIGTERM or SIGINT; 1 where it could not begin, with a sentence that says why."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        keys = key_of_file(options.imk_file) if options.imk_file else key_of_descriptor(options.imk_fd)
        engine = open_books(options.db)
        if engine.dialect.name == "sqlite" and options.workers > 1:
            sys.stderr.write("SQLite is written by one process: --workers 1, or --db postgresql://…\n")
            return 1
        prepare(engine)
        engine.dispose()
        sockets = listeners(options.host, options.port, options.workers)
    except (BooksError, IssuerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, SQLAlchemyError) as error:  # without its words: an address may be in it, with a password
        sys.stderr.write(f"it cannot begin: {getattr(error, 'strerror', None) or type(error).__name__}\n")
        return 1
    host, number = sockets[0].getsockname()[:2]
    sys.stdout.write(f"listening on {host}:{number}\n")
    sys.stdout.flush()
    if len(sockets) == 1:
        _serve(options.db, keys, sockets[0], options.together, -1)
        return 0
    return watch(sockets, lambda each, lives: _serve(options.db, keys, each, options.together, lives))


def _serve(address: str, keys: MasterKey, listener: socket.socket, together: int, lives: int) -> None:
    uvloop.run(serve(open_books(address), keys, listener, together=together, lives=lives))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.issuer",
        description="Authorises what cards of an issuer are presented for.",
        epilog=_EPILOG,
    )
    parser.add_argument("--db", required=True, metavar="URL", help="sqlite:///PATH or postgresql://USER@HOST/DATABASE")
    parser.add_argument("--port", required=True, type=port, help="TCP port; 0 chooses a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument(
        "--imk-file", type=Path, metavar="PATH", help="file (0600) of the issuer's master key, 32 hex digits"
    )
    key.add_argument("--imk-fd", type=whole_number(0, 1 << 20), metavar="N", help="descriptor to read it from instead")
    workers = "processes; more than one on PostgreSQL alone (%(default)s)"
    parser.add_argument("--workers", type=whole_number(1, _MOST_WORKERS), default=1, help=workers)
    together = "most transactions in one commit; 1 where the database is spread over machines (%(default)s)"
    parser.add_argument("--together", type=whole_number(1, MOST_TOGETHER), default=64, help=together)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
