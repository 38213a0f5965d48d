"""Pure cryptography of the wallet: keys, sealed records, sealed values between two ends.

Rules of this room: it takes bytes and returns bytes, opens no file and no socket, and knows no process. Every
construction is a composition of primitives of the ``cryptography`` package; none is home-made.
"""

from etui.sealing.channel import Channel, ChannelKey, SealedValueError
from etui.sealing.records import NewerRecordError, RecordKey, SealedRecordError, derive
from etui.sealing.secret import Secret

__all__ = [
    "Channel",
    "ChannelKey",
    "NewerRecordError",
    "RecordKey",
    "SealedRecordError",
    "SealedValueError",
    "Secret",
    "derive",
]
