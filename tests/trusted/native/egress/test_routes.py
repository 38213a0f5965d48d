import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etui.trusted.native.egress.errors import StartError
from etui.trusted.native.egress.routes import Mapping, Route, Routes, read_routes, signed_bytes

TILL = Mapping(host="till.example.org", address="10.0.0.5", port=8443)


def profile(home: Path, **members: Any) -> Path:  # noqa: ANN401  # a header that others may have written
    (home / "profile.json").write_bytes(msgspec.json.encode({"format": 1, "id": "p", **members}))
    return home


def operator(home: Path, *mappings: Mapping, signed: tuple[Mapping, ...] | None = None) -> Path:
    key = Ed25519PrivateKey.generate()
    folder = home / "operator"
    folder.mkdir()
    (folder / "key.pub").write_bytes(base64.b64encode(key.public_key().public_bytes_raw()) + b"\n")
    signature = key.sign(signed_bytes(mappings if signed is None else signed))
    text = msgspec.json.encode({"format": 1, "mappings": mappings, "signature": signature})
    (folder / "mappings.json").write_bytes(msgspec.json.format(text))
    return profile(home)


def test_a_profile_without_mappings_has_none(tmp_path: Path) -> None:
    assert read_routes(profile(tmp_path)) == Routes()


def test_a_test_profile_maps_names_to_the_loopback(tmp_path: Path) -> None:
    home = profile(tmp_path, test={"hosts": {"shop.etui.test": 8443}, "ca": "authority.pem"})
    route = Route(address="127.0.0.1", port=8443, test=True)
    assert read_routes(home) == Routes(by_host={"shop.etui.test": route}, authority=tmp_path / "authority.pem")


@pytest.mark.parametrize("host", ["api.example.org", "etui.test", "notetui.test", "SHOP.etui.test", "a b.etui.test"])
def test_a_test_profile_maps_no_name_of_the_world(tmp_path: Path, host: str) -> None:
    with pytest.raises(StartError, match=r"etui\.test alone"):
        read_routes(profile(tmp_path, test={"hosts": {host: 8443}}))


@pytest.mark.parametrize("port", [0, 65536, "8443"])
def test_a_port_is_a_port(tmp_path: Path, port: object) -> None:
    with pytest.raises(StartError):
        read_routes(profile(tmp_path, test={"hosts": {"shop.etui.test": port}}))


def test_a_header_that_is_missing_or_damaged_keeps_egress_from_starting(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        read_routes(tmp_path)
    (tmp_path / "profile.json").write_bytes(b"{")
    with pytest.raises(StartError):
        read_routes(tmp_path)


def test_an_operator_maps_a_name_to_a_local_address(tmp_path: Path) -> None:
    routes = read_routes(operator(tmp_path, TILL))
    assert routes.by_host == {"till.example.org": Route(address="10.0.0.5", port=8443, test=False)}


def test_what_the_operator_did_not_sign_keeps_egress_from_starting(tmp_path: Path) -> None:
    other = msgspec.structs.replace(TILL, address="10.0.0.6")
    with pytest.raises(StartError, match="not signed"):
        read_routes(operator(tmp_path, other, signed=(TILL,)))


def test_another_s_key_signs_nothing(tmp_path: Path) -> None:
    home = operator(tmp_path, TILL)
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    (home / "operator" / "key.pub").write_bytes(base64.b64encode(other))
    with pytest.raises(StartError, match="not signed"):
        read_routes(home)


@pytest.mark.parametrize("file", ["key.pub", "mappings.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"AAAA", b"\xff"])
def test_a_damaged_file_keeps_egress_from_starting(tmp_path: Path, file: str, content: bytes) -> None:
    home = operator(tmp_path, TILL)
    (home / "operator" / file).write_bytes(content)
    with pytest.raises(StartError):
        read_routes(home)


def test_a_missing_key_keeps_egress_from_starting(tmp_path: Path) -> None:
    home = operator(tmp_path, TILL)
    (home / "operator" / "key.pub").unlink()
    with pytest.raises(StartError):
        read_routes(home)


@pytest.mark.parametrize(
    "mapping",
    [
        msgspec.structs.replace(TILL, host="*.example.org"),
        msgspec.structs.replace(TILL, host="shop.etui.test"),
        msgspec.structs.replace(TILL, address="till"),
        msgspec.structs.replace(TILL, address="0.0.0.0"),
        msgspec.structs.replace(TILL, address="ff02::1"),
    ],
)
def test_a_mapping_of_no_host_keeps_egress_from_starting(tmp_path: Path, mapping: Mapping) -> None:
    with pytest.raises(StartError, match="one of them is none"):
        read_routes(operator(tmp_path, mapping))


def test_a_host_is_mapped_once(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="twice"):
        read_routes(operator(tmp_path, TILL, msgspec.structs.replace(TILL, port=1)))


def test_the_operator_signs_exactly_these_bytes() -> None:
    assert signed_bytes((TILL,)) == (
        b'etui/egress-mappings/1\n[{"host":"till.example.org","address":"10.0.0.5","port":8443}]'
    )
