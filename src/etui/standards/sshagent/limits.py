"""How much is read before a peer is refused.

Source: OpenSSH, ``ssh-agent.c`` (AGENT_MAX_LEN, AGENT_MAX_DEST_CONSTRAINTS, AGENT_MAX_SID_LEN,
AGENT_MAX_EXT_CERTS), ``authfd.c`` (MAX_AGENT_IDENTITIES), ``sshbuf.h`` (SSHBUF_MAX_BIGNUM), ``sshkey.h``
(SSHKEY_CERT_MAX_PRINCIPALS); RFC 4251, section 6 (names).
"""

from __future__ import annotations

from typing import Final

MAX_MESSAGE_BYTES: Final = 256 << 10
"""Of a message with its number, without its length."""
MAX_IDENTITIES: Final = 2048
MAX_DESTINATIONS: Final = 1024
"""Of the constraints in one restrict-destination-v00@openssh.com."""
MAX_HOST_KEYS: Final = 1024
"""Of one hop of such a constraint; OpenSSH has no limit but the message's."""
MAX_ASSOCIATED_CERTIFICATES: Final = 1024
MAX_SESSION_ID_BYTES: Final = 128
MAX_EXTENSION_NAMES: Final = 1024
"""Of the answer to the extension ``query``; OpenSSH does not ask for it."""
MAX_PRINCIPALS: Final = 256
MAX_OPTIONS: Final = 256
"""Of critical options, and of extensions, of a certificate; OpenSSH has no limit but the certificate's."""
MAX_NAME_CHARACTERS: Final = 64
MAX_MPINT_BYTES: Final = 2048
"""Of the magnitude of a number: 16384 bits."""
MIN_RSA_BITS: Final = 1024
MAX_RSA_BITS: Final = 16384
MAX_PRIVATE_RSA_BITS: Final = 8192
"""Of a key to sign with: to check that its factors are primes takes seconds at 8192 bits, and eight times that at twice
so many."""
