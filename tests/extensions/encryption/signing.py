"""A text, an attachment, and what tests of signing ask of a wallet."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from etui.interfaces import Item, Request
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import sign_1 as sign
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.standards import jose
from etui.testkit import TestWallet

TEXT = "I rent the flat in Example Street 7 from 1 May.\n\nThe rent is 700 euros a month.\n"
PLAN = sign.Attachment(
    name="plan.pdf", media_type="application/pdf", size=48_213, sha256=hashlib.sha256(b"a plan").hexdigest()
)


def made(client: Client, algorithm: str = "ed25519") -> Item:
    return client.call(crypto.Generate(algorithm=algorithm, label="Work")).item  # type: ignore[arg-type]


def public(client: Client, item: Item) -> jose.PublicKey:
    return load_der_public_key(client.call(crypto.Describe(item=item.item)).spki)  # type: ignore[return-value]


def asked(wallet: TestWallet) -> list[dict[str, Any]]:
    return [one for one in wallet.user.asked() if "sign “" in one["lead"]]


def refused(client: Client, request: Request[Any], code: ErrorCode = ErrorCode.INVALID_PARAMS) -> str:
    with pytest.raises(ProtocolError) as caught:
        client.call(request)
    assert caught.value.code is code
    return caught.value.message
