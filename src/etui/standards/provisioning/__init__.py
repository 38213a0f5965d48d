"""How a card comes onto a device, and stays usable: what device and issuer say to each other over HTTPS.

::

    device ──► POST /v1/devices    {"request": JWS by the device's key, "code": the activation code, once}
           ◄── {"answer": JWE to the device's box}

    activate ─► the card: its token, its scheme, its limits, whom its scheme vouches for, and keys for some payments;
                where the device made a key for terminals, its certificate and the records that go with it
    replenish ─► keys for some more
    suspend, resume, delete ─► done

The code stands beside the signature, so that whoever carries the request can be given it apart. Every request is made
for one issuer, within minutes, and once: the issuer remembers its nonce as long as it could be sent again.

Keys are those of single transactions (EMV Book 2, annex A1.3.1), each named by the value of the card's counter that it
is for: a device never has the card's own.

Sources: RFC 7515, RFC 7516, RFC 7519 section 4.1, RFC 8037.
"""

from etui.standards.provisioning.chip import Authority, Chip, ChipKey, OfflineLimits, Record
from etui.standards.provisioning.messages import (
    PATH,
    Activate,
    Activated,
    Answer,
    Body,
    Change,
    Changed,
    Device,
    PaymentKey,
    Profile,
    ProvisioningError,
    Replenish,
    Replenished,
    Said,
    Signed,
    What,
    open_answer,
    read_body,
    seal_answer,
    sign_body,
)

__all__ = [
    "PATH",
    "Activate",
    "Activated",
    "Answer",
    "Authority",
    "Body",
    "Change",
    "Changed",
    "Chip",
    "ChipKey",
    "Device",
    "OfflineLimits",
    "PaymentKey",
    "Profile",
    "ProvisioningError",
    "Record",
    "Replenish",
    "Replenished",
    "Said",
    "Signed",
    "What",
    "open_answer",
    "read_body",
    "seal_answer",
    "sign_body",
]
