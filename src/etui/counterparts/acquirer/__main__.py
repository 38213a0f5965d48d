"""``python -m etui.counterparts.acquirer``: an acquirer's switch, between merchants and issuers."""

from __future__ import annotations

import argparse
import logging
import re
import socket
import sys
from pathlib import Path
from typing import Final

import uvloop
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.acquirer.errors import AcquirerError
from etui.counterparts.acquirer.host import serve
from etui.counterparts.acquirer.merchants import enrol, prepare
from etui.counterparts.acquirer.records import Merchant
from etui.counterparts.acquirer.routing import read_issuers, read_merchants
from etui.counterparts.books import MOST_TOGETHER, BooksError, open_books
from etui.counterparts.options import port, seconds, whole_number

_BACKLOG: Final = 512
_CODE: Final = re.compile("[0-9]{1,11}")
_EPILOG = """\
It speaks ISO 8583:1987 over TCP on both sides, each message behind two bytes of its length. Lines are neither encrypted
nor authenticated: listen on the loopback, or behind a tunnel. Files of issuers and merchants are TOML; docs/acquirer.md
shows them, and says what is checked and what becomes of a payment that nobody answered.
"""


def main() -> int:
    """Serves until SIGTERM or SIGINT; 1 where it could not begin, with a sentence that says why."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        routes = read_issuers(options.issuers)
        engine = open_books(options.db)
        prepare(engine)
        for one in read_merchants(options.merchants) if options.merchants else ():
            merchant = Merchant(one.number, one.location, one.category, one.country, " ".join(one.schemes))
            enrol(engine, merchant, one.terminals)
        engine.dispose()
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((options.host, options.port), family=family, backlog=_BACKLOG)
    except (BooksError, AcquirerError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, SQLAlchemyError) as error:  # without its words: an address may be in it, with a password
        sys.stderr.write(f"it cannot begin: {getattr(error, 'strerror', None) or type(error).__name__}\n")
        return 1
    host, number = listener.getsockname()[:2]
    sys.stdout.write(f"listening on {host}:{number}\n")
    sys.stdout.flush()
    uvloop.run(
        serve(
            open_books(options.db),
            options.code,
            routes,
            listener,
            answer_s=options.answer_seconds,
            together=options.together,
        )
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.acquirer",
        description="Switches what merchants ask to the issuers of cards, and keeps what merchants are owed.",
        epilog=_EPILOG,
    )
    parser.add_argument("--db", required=True, metavar="URL", help="sqlite:///PATH or postgresql://USER@HOST/DATABASE")
    parser.add_argument("--port", required=True, type=port, help="TCP port for merchants; 0 chooses a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--code", required=True, type=_code, help="the acquirer's institution code, 1 to 11 digits")
    parser.add_argument("--issuers", required=True, type=Path, metavar="FILE", help="which cards go to which issuer")
    parser.add_argument("--merchants", type=Path, metavar="FILE", help="merchants to enrol before it begins")
    answer = "for how long an issuer's answer is waited for (%(default)s)"
    parser.add_argument("--answer-seconds", type=seconds, default=10.0, metavar="S", help=answer)
    together = "most works in one commit; 1 where the database is spread over machines (%(default)s)"
    parser.add_argument("--together", type=whole_number(1, MOST_TOGETHER), default=64, help=together)
    return parser.parse_args()


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is no code of 1 to 11 digits")
    return text


if __name__ == "__main__":
    sys.exit(main())
