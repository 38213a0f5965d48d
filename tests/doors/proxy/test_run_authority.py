"""The authority by which a run's requests are read: made for that run, for the named hosts, and trusted there alone."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from tests.doors.proxy.lent import answered, curl, lent
from tests.doors.proxy.service import NAME, OTHER, Service

from etui.doors.proxy.authority import Authority
from etui.testkit import TestWallet

_NOT_TRUSTED = 60
"""The status of curl where nobody that it trusts vouches for the other end."""


def test_each_run_has_an_authority_of_its_own_for_the_hosts_of_its_items_and_leaves_none_behind(
    wallet: TestWallet,
) -> None:
    keys = set()
    for _ in range(2):
        pem, file = answered(wallet, 'cat "$SSL_CERT_FILE"; echo "$SSL_CERT_FILE"').rsplit("\n", 2)[:2]
        certificate = x509.load_pem_x509_certificate(pem.encode())
        keys.add(certificate.public_key().public_numbers())  # type: ignore[union-attr]  # of P-256
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert constraints.critical
        assert constraints.value.permitted_subtrees == [x509.DNSName(NAME)]
        assert answered(wallet, f'[ -e "{file}" ] || echo gone') == "gone\n"
    assert len(keys) == 2


def test_outside_of_the_environment_of_a_run_nobody_trusts_its_authority(wallet: TestWallet, service: Service) -> None:
    assert lent(wallet, f"env -u CURL_CA_BUNDLE -u SSL_CERT_FILE {curl('/me')}").returncode == _NOT_TRUSTED
    assert service.asked == []


def test_what_an_authority_would_sign_for_another_host_is_not_taken() -> None:
    authority = Authority([NAME])
    with pytest.raises(KeyError):
        authority.context(OTHER)
    _shake_hands(authority.context(NAME), authority, NAME)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        _shake_hands(authority._made(OTHER), authority, OTHER)


def _shake_hands(server: ssl.SSLContext, authority: Authority, host: str) -> None:
    """What a program sees that trusts the authority; raises ``SSLCertVerificationError``."""
    client = ssl.create_default_context(cadata=authority.pem.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version()
