"""What a third party imports: ``Extension``, ``Client`` and the sealed ``Store``.

The asynchronous Client stands in ``etui.sdk.aio``, so that an Extension does not pay for an event loop at its start.
"""

from etui.interfaces import Item, Prepared
from etui.protocol import Consent, Envelope, ErrorCode, ProtocolError, RemoteError
from etui.sdk.client import Client, Event
from etui.sdk.copies import this_copy
from etui.sdk.extension import Call, Extension
from etui.sdk.marks import prepares, provides
from etui.sdk.store import DamagedRecordError, Store
from etui.sdk.wire import ConnectionLost

__all__ = [
    "Call",
    "Client",
    "ConnectionLost",
    "Consent",
    "DamagedRecordError",
    "Envelope",
    "ErrorCode",
    "Event",
    "Extension",
    "Item",
    "Prepared",
    "ProtocolError",
    "RemoteError",
    "Store",
    "prepares",
    "provides",
    "this_copy",
]
