"""Reading manifests: each rule by its key, and whatever bytes there are, nothing but a ManifestError."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.package.packages import INTERFACE, manifest

from etui.interfaces import Transfer
from etui.trusted.package import Assurance, Evidence, Limit, ManifestError, Rule, read_manifest, split_method
from etui.trusted.package.manifest import MAX_MANIFEST_BYTES
from etui.trusted.package.versions import is_later

FULL = f"""
[[accessibility.rules]]
methods = ["{INTERFACE}.pay"]
kinds = ["permit"]
least_assurance = "pin"
least_evidence = "verified"
only_clients = ["app:/usr/bin/*", "web:https://example.org@7"]
never_clients = ["app:/usr/bin/game"]
limits = [{{ currency = "EUR", amount_minor = 5000 }}]

[permissions]
network = ["api.example.org"]
pcsc = true
memory_mb = 128
processes = 2

[quota]
bytes = 1000

[[links]]
title = "Park here"
method = "{INTERFACE}.pay"
"""


def refusal(text: bytes) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        read_manifest(text)
    return caught.value


def test_a_full_manifest_is_read_as_it_was_written() -> None:
    found = read_manifest(manifest(extra=FULL, logo='"logo.png"', transfer='"bound"'))
    assert found.principal == "ext:org.example/org.example.parking"
    assert found.accessibility.rules == (
        Rule(
            methods=(f"{INTERFACE}.pay",),
            kinds=("permit",),
            least_assurance=Assurance.PIN,
            least_evidence=Evidence.VERIFIED,
            only_clients=("app:/usr/bin/*", "web:https://example.org@7"),
            never_clients=("app:/usr/bin/game",),
            limits=(Limit(currency="EUR", amount_minor=5000),),
        ),
    )
    assert found.permissions.network == ("api.example.org",)
    assert (found.permissions.memory_mb, found.permissions.processes, found.quota.bytes) == (128, 2, 1000)
    assert found.transfer is Transfer.BOUND


def test_what_is_not_declared_is_not_given() -> None:
    permissions = read_manifest(manifest()).permissions
    assert permissions.network == ()
    assert not any((permissions.pcsc, permissions.removable, permissions.folder))
    assert permissions.processes == 1


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"id": '"org.parking"'}, "id"),
        ({"id": '"org.Example.parking"'}, "id"),
        ({"id": '"org.example.."'}, "id"),
        ({"id": '"org.elsewhere.parking"'}, "id"),
        ({"id": '"org.example/../x.y"'}, "id"),
        ({"name": '""'}, "name"),
        ({"name": '" Parking"'}, "name"),
        ({"name": '"Par\\nking"'}, "name"),
        ({"name": '"Par\\u202eking"'}, "name"),
        ({"name": '"' + "x" * 61 + '"'}, "name"),
        ({"description": '"a\\u0007"'}, "description"),
        ({"publisher": '"example"'}, "publisher"),
        ({"version": "1.0"}, "version"),
        ({"version": "01.0.0"}, "version"),
        ({"version": "1.0.0/.."}, "version"),
        ({"version": "1.0.0\\n"}, "version"),
        ({"python": ""}, "python"),
        ({"executable": '"bin/parking"'}, "python"),
        ({"python": "[]"}, "python"),
        ({"python": '["-m"]'}, "python[1]"),
        ({"python": '["-m", "../parking"]'}, "python[1]"),
        ({"python": '["-c", "print()"]'}, "python[0]"),
        ({"python": '["-X.py"]'}, "python[0]"),
        ({"python": '["/main.py"]'}, "python[0]"),
        ({"python": '["../main.py"]'}, "python[0]"),
        ({"python": '["main.py", "a\\u0000"]'}, "python"),
        ({"python": "", "executable": '"../bin/sh"'}, "executable"),
        ({"python": "", "executable": '"/bin/sh"'}, "executable"),
        ({"python": "", "executable": '"bin//sh"'}, "executable"),
        ({"python": "", "executable": '"bin\\\\sh"'}, "executable"),
        ({"python": "", "executable": '""'}, "executable"),
        ({"provides": '["Parking"]'}, "provides[0]"),
        ({"provides": f'["{INTERFACE}", "{INTERFACE}"]'}, "provides"),
        ({"uses": '["payment/0"]'}, "uses[0]"),
        ({"uses": '["payment"]'}, "uses[0]"),
        ({"interfaces": '["a/../b.json"]'}, "interfaces[0]"),
        ({"logo": '"../logo.png"'}, "logo"),
        ({"transfer": '"everything"'}, "transfer"),
        ({"licence": '"MIT"'}, "'licence'"),
        ({"description": ""}, "description"),
    ],
)
def test_a_broken_rule_is_named_by_its_key(values: dict[str, str], key: str) -> None:
    error = refusal(manifest(**values))
    assert error.key == key
    assert str(error).startswith(f"manifest.toml: {key}: ")


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ('[permissions]\nnetwork = ["https://example.org"]', "permissions.network[0]"),
        ('[permissions]\nnetwork = ["*.example.org"]', "permissions.network[0]"),
        ('[permissions]\nnetwork = ["127.0.0.1"]', "permissions.network[0]"),
        ('[permissions]\nnetwork = ["localhost"]', "permissions.network[0]"),
        ('[permissions]\nnetwork = ["Example.org"]', "permissions.network[0]"),
        ('[permissions]\nnetwork = ["a.org", "a.org"]', "permissions.network"),
        ("[permissions]\nmemory_mb = 513", "permissions.memory_mb"),
        ("[permissions]\nprocesses = 0", "permissions.processes"),
        ("[permissions]\npcsc = 1", "permissions.pcsc"),
        ("[permissions]\ncamera = true", "permissions.'camera'"),
        ("[permissions]\nfolder = true", "permissions.folder"),
        ("[quota]\nbytes = -1", "quota.bytes"),
        ("[quota]\nbytes = 99999999999999999999999", "quota.bytes"),
        ('[[links]]\ntitle = "Pay"\nmethod = "secret/1.read"', "links[0].method"),
        ('[[links]]\ntitle = "Pay"\nmethod = "pay"', "links[0].method"),
        ("[[accessibility.rules]]", "accessibility.rules[0]"),
        ('[[accessibility.rules]]\nmethods = ["secret/1.read"]', "accessibility.rules[0].methods[0]"),
        ('[[accessibility.rules]]\nmethods = ["pay"]', "accessibility.rules[0].methods[0]"),
        ('[[accessibility.rules]]\nkinds = ["A Kind"]', "accessibility.rules[0].kinds[0]"),
        (
            '[[accessibility.rules]]\nkinds = ["permit"]\nleast_assurance = "pim"',
            "accessibility.rules[0].least_assurance",
        ),
        ('[[accessibility.rules]]\nkinds = ["permit"]\nonly_clients = ["*"]', "accessibility.rules[0].only_clients[0]"),
        (
            '[[accessibility.rules]]\nkinds = ["permit"]\nnever_clients = ["app:/*/x"]',
            "accessibility.rules[0].never_clients[0]",
        ),
        (
            '[[accessibility.rules]]\nkinds = ["permit"]\nlimits = [{currency="euro", amount_minor=1}]',
            "accessibility.rules[0].limits[0].currency",
        ),
        (
            '[[accessibility.rules]]\nkinds = ["permit"]\nlimits = [{currency="EUR", amount_minor=1.5}]',
            "accessibility.rules[0].limits[0].amount_minor",
        ),
    ],
)
def test_a_broken_rule_in_a_table_is_named_by_its_place(extra: str, key: str) -> None:
    assert refusal(manifest(extra=extra)).key == key


def test_a_folder_that_lasts_is_for_providers_of_storage() -> None:
    found = read_manifest(manifest(provides='["storage/1"]', interfaces="", extra="[permissions]\nfolder = true"))
    assert found.permissions.folder


def test_what_is_too_long_or_no_text_is_refused() -> None:
    assert "shorten" in str(refusal(b"#" * (MAX_MANIFEST_BYTES + 1)))
    assert "UTF-8" in str(refusal(b"id = '\xff'"))
    assert "nests too deep" in str(refusal(b"a = " + b"[" * 20_000))
    assert "TOML" in str(refusal(b"id = " + b"9" * 5_000))


def test_a_rule_names_a_method_or_a_whole_interface() -> None:
    assert split_method("org.example.parking/1.pay") == (INTERFACE, "pay")
    assert split_method("org.example.parking/1") == (INTERFACE, None)


def test_versions_are_ordered_as_semantic_versioning_says() -> None:
    """Source: semver.org, version 2.0.0, section 11."""
    texts = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0"
    )
    ordered = [*texts.split(), "2.1.1", "2.10.0"]
    assert all(is_later(later, earlier) for earlier, later in pairwise(ordered))
    assert not is_later("1.0.0+b", "1.0.0+a")


@given(st.binary(max_size=400))
def test_whatever_the_bytes_reading_ends_with_a_manifest_error(text: bytes) -> None:
    with pytest.raises(ManifestError):
        read_manifest(text)


_WORD = st.sampled_from(
    [
        "1",
        "-1",
        "true",
        "nan",
        "1979-05-27",
        "[]",
        "{}",
        '[["a"]]',
        '"x"',
        '""',
        "9" * 30,
        "{a={a={a=1}}}",
        "'*'",
        "[1]",
    ]
)
_KEY = st.sampled_from(
    [
        *("id", "name", "publisher", "version", "python", "executable", "provides", "uses", "interfaces", "links"),
        *("accessibility", "accessibility.rules", "permissions", "permissions.network", "quota.bytes", "logo", "a.b"),
    ]
)


@given(st.dictionaries(_KEY, _WORD, max_size=4))
def test_values_of_any_shape_end_with_a_manifest_or_a_manifest_error(values: dict[str, str]) -> None:
    with suppress(ManifestError):
        read_manifest(manifest(**values))


@given(st.data())
def test_a_mutated_manifest_ends_with_a_manifest_or_a_manifest_error(data: st.DataObject) -> None:
    text = bytearray(manifest(extra=FULL))
    for _ in range(data.draw(st.integers(1, 8))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ManifestError):
        read_manifest(bytes(text))
