"""``python -m etui.counterparts.merchant``: a demo shop's back end, over HTTPS."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from pathlib import Path
from typing import Final

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.books import BooksError, open_books
from etui.counterparts.identity import Identity, IdentityError
from etui.counterparts.lines import Line
from etui.counterparts.merchant.errors import MerchantError
from etui.counterparts.merchant.merchant import Merchant
from etui.counterparts.merchant.shop import application
from etui.counterparts.options import address, port, seconds, whole_number
from etui.standards.payments import MAX_LIFE_S

_BACKLOG: Final = 512
_LAST_ANSWERS_S: Final = 20
_EPILOG = """\
The folder has the keys and certificates of the merchant: key.pem, box.pem and chain.pem, which
etui.counterparts.identity makes. The line to the acquirer is neither encrypted nor authenticated: on the loopback, or
through a tunnel.
docs/merchant.md has the calls of the library, and what the shop answers.
"""


def main() -> int:
    """Serves until SIGTERM or SIGINT; 1 where it could not begin, with a sentence that says why."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        identity = Identity.open(options.folder)
        engine = open_books(options.db)
        line = Line(*options.acquirer, answer_s=options.answer_seconds)
        merchant = Merchant(
            identity,
            engine,
            line,
            terminal=options.terminal,
            networks=options.network or ["etui-demo"],
            life_s=options.request_seconds,
        )
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((options.host, options.port), family=family, backlog=_BACKLOG)
        config = uvicorn.Config(
            application(merchant),
            log_level="warning",
            lifespan="on",
            loop="uvloop",
            ssl_certfile=options.tls_cert,
            ssl_keyfile=options.tls_key,
            timeout_graceful_shutdown=_LAST_ANSWERS_S,
        )
        config.load()
    except (BooksError, IdentityError, MerchantError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, SQLAlchemyError) as error:  # without its words: an address may be in it, with a password
        sys.stderr.write(f"it cannot begin: {getattr(error, 'strerror', None) or type(error).__name__}\n")
        return 1
    host, number = listener.getsockname()[:2]
    sys.stdout.write(f"listening on {host}:{number}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run([listener])
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m etui.counterparts.merchant",
        description="A demo shop: it asks for payments, charges what wallets answer, and signs receipts.",
        epilog=_EPILOG,
    )
    parser.add_argument("--folder", required=True, type=Path, help="keys and certificates of the merchant")
    parser.add_argument("--db", required=True, metavar="URL", help="sqlite:///PATH or postgresql://USER@HOST/DATABASE")
    parser.add_argument(
        "--acquirer", required=True, type=address, metavar="HOST:PORT", help="where the acquirer listens"
    )
    parser.add_argument("--port", required=True, type=port, help="TCP port; 0 chooses a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--tls-cert", required=True, type=Path, metavar="FILE", help="certificates for HTTPS, in PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="their key, where it is not in the same file")
    terminal = "a terminal that the acquirer knows; each process of a shop has its own (%(default)s)"
    parser.add_argument("--terminal", default="WEB00001", help=terminal)
    parser.add_argument("--network", action="append", help="a scheme that is taken; may be given again (etui-demo)")
    answer = "for how long the acquirer's answer is waited for (%(default)s)"
    parser.add_argument("--answer-seconds", type=seconds, default=15.0, metavar="S", help=answer)
    holds = "for how long a payment request holds (%(default)s)"
    parser.add_argument("--request-seconds", type=whole_number(1, MAX_LIFE_S), default=600, metavar="S", help=holds)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
