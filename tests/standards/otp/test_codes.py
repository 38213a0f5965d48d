"""One-time codes by the published test vectors."""

import pytest

from etui.standards.otp import Algorithm, TotpKey, hotp, totp

# RFC 4226, appendix D
HOTP_SECRET = b"12345678901234567890"
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]

# RFC 6238, appendix B; the secrets are as long as the hash (erratum 2866)
TOTP = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
SECRET_BYTES = {Algorithm.SHA1: 20, Algorithm.SHA256: 32, Algorithm.SHA512: 64}


@pytest.mark.parametrize(("counter", "code"), list(enumerate(HOTP)))
def test_codes_by_counter_are_those_of_rfc_4226(counter: int, code: str) -> None:
    assert hotp(HOTP_SECRET, counter) == code


@pytest.mark.parametrize(("at_s", "sha1", "sha256", "sha512"), TOTP)
def test_codes_by_time_are_those_of_rfc_6238(at_s: int, sha1: str, sha256: str, sha512: str) -> None:
    for algorithm, code in zip(Algorithm, (sha1, sha256, sha512), strict=True):
        secret = (b"1234567890" * 7)[: SECRET_BYTES[algorithm]]
        assert totp(TotpKey(secret, algorithm, digits=8), at_s).text == code


@pytest.mark.parametrize(("at_s", "valid_s"), [(0, 30), (1, 29), (29, 1), (30, 30)])
def test_a_code_is_valid_until_its_step_ends(at_s: int, valid_s: int) -> None:
    assert totp(TotpKey(HOTP_SECRET), at_s).valid_s == valid_s
    assert (totp(TotpKey(HOTP_SECRET), at_s).text == HOTP[0]) is (at_s < 30)


def test_neither_key_nor_code_shows_itself() -> None:
    key = TotpKey(HOTP_SECRET)
    assert "123" not in repr(key)
    assert HOTP[0] not in repr(totp(key, 0))
