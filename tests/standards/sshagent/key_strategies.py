"""Key pairs for Hypothesis: of the right form, and most often no keys."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from etui.standards.sshagent import EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair
from etui.standards.sshagent.keys import certificate_name
from etui.standards.sshagent.wire import string, text

_SIZES: Final = {"ecdsa-sha2-nistp256": 65, "ecdsa-sha2-nistp384": 97, "ecdsa-sha2-nistp521": 133}


def magnitudes(most: int) -> st.SearchStrategy[bytes]:
    """Numbers of 1 to so many bytes, without leading zeros."""
    return st.binary(min_size=1, max_size=most).filter(lambda number: number[0] != 0)


@st.composite
def ecdsa_pairs(draw: st.DrawFn) -> EcdsaKeyPair:
    name, size = draw(st.sampled_from(sorted(_SIZES.items())))
    point = b"\4" + draw(st.binary(min_size=size - 1, max_size=size - 1))
    return EcdsaKeyPair(name, point, draw(magnitudes(size // 2)))


ED25519_PAIRS: Final = st.builds(
    Ed25519KeyPair, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)
)
RSA_PAIRS: Final = st.builds(RsaKeyPair, *[magnitudes(70)] * 6)
KEY_PAIRS: Final[st.SearchStrategy[KeyPair]] = ED25519_PAIRS | RSA_PAIRS | ecdsa_pairs()


def certificate_for(pair: KeyPair, nonce: bytes, rest: bytes) -> bytes:
    """What begins as a certificate for a key."""
    public = pair.public_blob().removeprefix(text(pair.name))
    return text(certificate_name(pair.name)) + string(nonce) + public + rest
