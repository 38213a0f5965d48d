"""TPM 2.0: the few commands that seal a value under a PIN, and keep a few bytes that no disk sets back. Sans-I/O.

Commands are built and answers read by ``commands``; ``sessions`` binds both to one key of the TPM and encrypts what is
secret; ``structures`` has the templates of what is made there. Whoever sends them finds the TPM and decides what an
answer means.
"""

from etui.standards.tpm2.commands import (
    HEADER_BYTES,
    MAX_MESSAGE_BYTES,
    Answer,
    Command,
    CommandCode,
    Property,
    create_primary,
    create_sealed,
    flush,
    get_properties,
    load,
    nv_define,
    nv_read,
    nv_read_public,
    nv_undefine,
    nv_write,
    password,
    read_answer,
    read_properties,
    unseal,
)
from etui.standards.tpm2.errors import AGAIN, Code, TpmMessageError, TpmRefusedError
from etui.standards.tpm2.sessions import Beginning, Session
from etui.standards.tpm2.structures import (
    MAX_AUTH_BYTES,
    NAME_BYTES,
    Handle,
    NvIndex,
    Point,
    is_sealed_value,
    name_of,
    storage_point,
)
from etui.standards.tpm2.wire import Reader

__all__ = [
    "AGAIN",
    "HEADER_BYTES",
    "MAX_AUTH_BYTES",
    "MAX_MESSAGE_BYTES",
    "NAME_BYTES",
    "Answer",
    "Beginning",
    "Code",
    "Command",
    "CommandCode",
    "Handle",
    "NvIndex",
    "Point",
    "Property",
    "Reader",
    "Session",
    "TpmMessageError",
    "TpmRefusedError",
    "create_primary",
    "create_sealed",
    "flush",
    "get_properties",
    "is_sealed_value",
    "load",
    "name_of",
    "nv_define",
    "nv_read",
    "nv_read_public",
    "nv_undefine",
    "nv_write",
    "password",
    "read_answer",
    "read_properties",
    "storage_point",
    "unseal",
]
