"""Published keys and messages, by a real wallet: RFC 8032, section 7.1; RFC 7518, appendix C; RFC 7516, appendix A.

None of the messages of RFC 8032 begins as something of SSH, JOSE or COSE, which ``crypto/1.sign`` refuses.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from etui.interfaces import Request
from etui.interfaces import crypto_1 as crypto
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

# RFC 8032, section 7.1: secret key, public key, message and signature, of Ed25519.
ED25519 = {
    "TEST 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0"
            "595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eae"
            "b4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9"
            "716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST 1024": (
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        (
            "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c5"
            "0544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0"
            "810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82"
            "d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9"
            "a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c9"
            "4fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5"
            "d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88"
            "425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc"
            "2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80"
            "c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae078"
            "4504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9"
            "b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
            "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc"
            "82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7984a74d371459867"
            "80fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8"
            "b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e"
            "6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f791"
            "4f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45"
            "a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac"
            "86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0"
        ),
        (
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f"
            "681e30a6ac00a9704a188a03"
        ),
    ),
    "TEST SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423"
            "643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c"
            "138ac17ad9bef1177331a704"
        ),
    ),
}
# RFC 7518, appendix C: Alice's ephemeral public key, Bob's key, and the key that they agree on for A128GCM.
EPHEMERAL = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
}
BOB = "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"
BOB_X = "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"
AGREED = "VqqN6vgjbSBcIijNcacQGg"
# RFC 7516, appendices A.1 (RSA-OAEP and A256GCM), A.2 (RSA1_5 and A128CBC-HS256), A.3 (A128KW) and A.4 (JSON).
A1 = (
    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
    "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nf"
    "a6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETK"
    "zpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iG"
    "dXKHzg."
    "48V1_ALb6US04U3b."
    "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A."
    "XFBoMYUZodetZdvTiFvSkQ"
)
A1_CONTENT_KEY = bytes((
    177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246,
    138, 7, 110, 91, 112, 46, 34, 105, 47, 130, 203, 46, 122, 234, 64, 252,
))  # fmt: skip
A1_TEXT = b"The true sign of intelligence is not knowledge but imagination."
A2 = (
    "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0."
    "UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWhw7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyNfGy2xGdULU7sHNF6Gp2vPL"
    "gNZ__deLKxGHZ7PcHALUzoOegEI-8E66jX2E4zyJKx-YxzZIItRzC5hlRirb6Y5Cl_p-ko3YvkkysZIFNPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI"
    "5ng8OtvzlV7elprCbuPhcCdZ6XDP0_F8rkXds2vE4X-ncOIM8hAYHHi29NX0mcKiRaD0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXM"
    "R4gp_A."
    "AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.9hH0vgRfYgPnAHOd8stkvw"
)
A3 = (
    "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ."
    "AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ"
)
A3_KEY = "GawgguFyGrWKav7AX4VKUg"
A4 = (
    '{"protected":"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0","unprotected":{"jku":"https://server.example.com/keys.jwks"},'
    '"recipients":[{"header":{"alg":"A128KW","kid":"7"},'
    '"encrypted_key":"6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ"}],'
    '"iv":"AxY8DCtDaGlsbGljb3RoZQ","ciphertext":"KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY",'
    '"tag":"Mz-VPPyU4RlcuYv1IwIvzw"}'
)


@pytest.fixture(scope="module")
def client(shared_wallet: TestWallet) -> Iterator[Client]:
    with shared_wallet.connect() as connected:
        yield connected


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def der(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def refusal(client: Client, request: Request[Any]) -> str:
    with pytest.raises(ProtocolError) as caught:
        client.call(request)
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    return caught.value.message


@pytest.mark.parametrize("name", ED25519)
def test_a_key_of_rfc_8032_signs_as_published(client: Client, name: str) -> None:
    secret, public, message, signature = (bytes.fromhex(text) for text in ED25519[name])
    private = der(Ed25519PrivateKey.from_private_bytes(secret))
    item = client.call(crypto.Import(label=name, private=private)).item.item
    assert client.call(crypto.Describe(item=item)).spki.endswith(public)
    assert client.call(crypto.Sign(item=item, data=message)).signature == signature
    assert client.call(crypto.Verify(item=item, data=message, signature=signature)).valid


def test_the_key_of_rfc_7518_is_agreed_on_and_opens_what_the_published_one_sealed(client: Client) -> None:
    bob = ec.derive_private_key(int.from_bytes(unb64(BOB)), ec.SECP256R1())
    assert bob.public_key().public_numbers().x == int.from_bytes(unb64(BOB_X))
    item = client.call(crypto.Import(label="Bob", usage="encrypt", private=der(bob))).item.item
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i", "epk": EPHEMERAL}
    protected = b64(json.dumps(header).encode())
    nonce = bytes(12)
    sealed = AESGCM(unb64(AGREED)).encrypt(nonce, b"from Alice", protected.encode())
    message = f"{protected}..{b64(nonce)}.{b64(sealed[:-16])}.{b64(sealed[-16:])}"
    assert client.call(crypto.DecryptJwe(item=item, jwe=message)).plaintext == b"from Alice"


def test_the_content_of_rfc_7516_a_1_is_decrypted_by_its_published_key(client: Client) -> None:
    item = client.call(crypto.Import(label="A.1", algorithm="aes256", private=A1_CONTENT_KEY)).item.item
    protected, _, *sealed = A1.split(".")
    ciphertext = b"".join(map(unb64, sealed))
    assert client.call(crypto.Decrypt(item=item, ciphertext=ciphertext, aad=protected.encode())).plaintext == A1_TEXT


def test_what_rfc_7516_encrypts_by_algorithms_that_are_not_here_is_refused(client: Client) -> None:
    """RSA-OAEP, RSA1_5 and A128KW: their keys by name, their messages in the words for all that does not open."""
    pair = der(rsa.generate_private_key(65537, 2048))
    assert "rsa" in refusal(client, crypto.Import(label="RSA", usage="encrypt", private=pair))
    short = crypto.Import(label="A.3", algorithm="aes256", usage="encrypt", private=unb64(A3_KEY))
    assert "32 bytes" in refusal(client, short)
    own = client.call(crypto.Generate(algorithm="p256", usage="encrypt", label="P-256")).item.item
    shared = client.call(crypto.Generate(algorithm="aes256", label="AES")).item.item
    said = {
        refusal(client, crypto.DecryptJwe(item=item, jwe=jwe)) for item in (own, shared) for jwe in (A1, A2, A3, A4)
    }
    assert said == {"this does not open with this key"}
