"""The generic secure data store: provides ``secret/1``.

Rules of this Extension:

1. A value is in memory while it is asked for or kept by the store; labels and attributes are public within the wallet.
2. An item's description and its value are written in one step: both are there or neither.
3. An overwritten value goes to the item's history, ten at most; what was answered is durable.
4. An item's id is random, never derived from what it holds or is called.
"""

from etui.extensions.secrets.provider import Secrets

__all__ = ["Secrets"]
