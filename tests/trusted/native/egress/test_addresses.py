from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.native.egress.addresses import AddressKind, kind_of, public_addresses
from etui.trusted.native.egress.errors import RefusedError, UnreachableError

IPV4 = st.ip_addresses(v=4)
LOCAL = st.one_of(
    *(
        st.ip_addresses(v=4, network=network)
        for network in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4")
    )
)


def forms(address: IPv4Address) -> dict[str, IPv6Address]:
    """An IPv4 address in every form of IPv6 that carries one and reaches it."""
    value = int(address)
    return {
        "mapped": IPv6Address(0xFFFF << 32 | value),
        "nat64": IPv6Address(0x64_FF9B << 96 | value),
        "6to4": IPv6Address(0x2002 << 112 | value << 80 | 1),
        "teredo client": IPv6Address(0x2001_0000 << 96 | 0x0808_0808 << 64 | (value ^ 0xFFFF_FFFF)),
        "teredo server": IPv6Address(0x2001_0000 << 96 | value << 64 | (0x0808_0808 ^ 0xFFFF_FFFF)),
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0.0.0.0", AddressKind.UNSPECIFIED),
        ("0.1.2.3", AddressKind.RESERVED),
        ("9.255.255.255", AddressKind.PUBLIC),
        ("10.0.0.0", AddressKind.PRIVATE),
        ("10.255.255.255", AddressKind.PRIVATE),
        ("11.0.0.0", AddressKind.PUBLIC),
        ("100.64.0.1", AddressKind.PRIVATE),
        ("100.128.0.0", AddressKind.PUBLIC),
        ("127.0.0.1", AddressKind.LOOPBACK),
        ("127.255.255.254", AddressKind.LOOPBACK),
        ("169.254.169.254", AddressKind.LINK_LOCAL),
        ("172.15.255.255", AddressKind.PUBLIC),
        ("172.31.255.255", AddressKind.PRIVATE),
        ("172.32.0.0", AddressKind.PUBLIC),
        ("192.168.1.1", AddressKind.PRIVATE),
        ("198.18.0.1", AddressKind.RESERVED),
        ("203.0.113.7", AddressKind.RESERVED),
        ("224.0.0.251", AddressKind.MULTICAST),
        ("255.255.255.255", AddressKind.RESERVED),
        ("::", AddressKind.UNSPECIFIED),
        ("::1", AddressKind.LOOPBACK),
        ("::10.0.0.1", AddressKind.RESERVED),
        ("::ffff:127.0.0.1", AddressKind.LOOPBACK),
        ("::ffff:8.8.8.8", AddressKind.PUBLIC),
        ("64:ff9b::192.168.0.1", AddressKind.PRIVATE),
        ("64:ff9b:1::8.8.8.8", AddressKind.PRIVATE),
        ("2001:db8::1", AddressKind.RESERVED),
        ("2002:7f00:1::1", AddressKind.LOOPBACK),
        ("2606:4700::1111", AddressKind.PUBLIC),
        ("3fff::1", AddressKind.RESERVED),
        ("4000::1", AddressKind.RESERVED),
        ("fd00::1", AddressKind.PRIVATE),
        ("fe80::1", AddressKind.LINK_LOCAL),
        ("fe80::1%lo", AddressKind.LINK_LOCAL),
        ("fec0::1", AddressKind.PRIVATE),
        ("ff02::1", AddressKind.MULTICAST),
    ],
)
def test_an_address_is_told_by_its_network(text: str, kind: AddressKind) -> None:
    assert kind_of(ip_address(text)) is kind


@given(LOCAL)
def test_no_form_of_ipv6_hides_a_local_ipv4_address(address: IPv4Address) -> None:
    for name, form in forms(address).items():
        assert kind_of(form) is not AddressKind.PUBLIC, name


@given(IPV4)
def test_an_ipv4_address_in_ipv6_is_public_exactly_if_it_is_public_itself(address: IPv4Address) -> None:
    is_public = kind_of(address) is AddressKind.PUBLIC
    assert {kind_of(form) is AddressKind.PUBLIC for form in forms(address).values()} == {is_public}


@given(st.one_of(IPV4, st.ip_addresses(v=6, network="2000::/3"), st.ip_addresses(v=6)))
def test_what_is_called_public_is_so_to_the_standard_library_too(address: IPv4Address | IPv6Address) -> None:
    if kind_of(address) is AddressKind.PUBLIC and int(address) >> 112 not in {0x2001, 0x2002}:
        assert address.is_global
        assert not address.is_multicast


def test_every_address_of_a_host_has_to_be_public() -> None:
    assert public_addresses("a.example.org", ["8.8.8.8", "2606:4700::1111"]) == ("8.8.8.8", "2606:4700::1111")
    with pytest.raises(RefusedError, match="a private address"):
        public_addresses("a.example.org", ["8.8.8.8", "10.0.0.1"])


def test_a_host_without_an_address_is_not_reached() -> None:
    with pytest.raises(UnreachableError, match="no address"):
        public_addresses("a.example.org", [])
