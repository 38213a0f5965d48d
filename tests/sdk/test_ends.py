"""One end of sealed values, used by several threads."""

import sys
import threading
from collections.abc import Iterator

import pytest

from etui.sdk.ends import End

NONCE = slice(33, 45)


@pytest.fixture
def _restless() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_restless")
def test_no_nonce_is_used_twice_whichever_thread_seals() -> None:
    end, other = End(), End().public
    nonces: list[bytes] = []

    def seal() -> None:
        nonces.extend(end.seal(b"", other, "field")[NONCE] for _ in range(5000))

    end.seal(b"", other, "field")
    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(nonces)) == len(nonces) == 20000
