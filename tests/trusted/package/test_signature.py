"""Signed packages: nothing is believed, and nothing unpacked, before signature and content were checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.package.packages import DOCUMENT, ID, INTERFACE, files_of, manifest, png, signed, tree

from etui.trusted.package import (
    ContentError,
    File,
    ManifestError,
    PackageError,
    PublisherKey,
    ReservedError,
    SignatureError,
    sign,
    verify,
)
from etui.trusted.package.archive import read_archive, write_archive

KEY, OTHER = PublisherKey.generate(), PublisherKey.generate()
GOOD = signed(KEY)

DEEP = (
    b'{"interface":"org.example.parking/1","title":"t","methods":{"m":{"title":"t","effect":"use","params":{"n":'
    + b'{"type":"list","of":' * 9000
    + b'{"type":"text"}'
    + b"}" * 9004
)

Change = Callable[[dict[str, File]], object]


def changed(change: Change, archive: bytes = GOOD) -> bytes:
    files = {file.path: file for file in read_archive(archive)}
    change(files)
    return write_archive(files.values())


def with_signature(**values: object) -> bytes:
    def change(files: dict[str, File]) -> None:
        members = msgspec.json.decode(files["signature.json"].content) | values
        files["signature.json"] = File("signature.json", msgspec.json.encode(members))

    return changed(change)


def put(path: str, content: bytes = b"", *, executable: bool = False) -> Change:
    return lambda files: files.update({path: File(path, content, executable)})


def test_a_signed_package_is_verified() -> None:
    verified = verify(GOOD)
    assert verified.manifest.id == ID
    assert verified.key == KEY.public
    assert verified.fingerprint.startswith("etui-pub:")
    assert [document.id for document in verified.documents] == [INTERFACE]


def test_signing_again_gives_the_same_package() -> None:
    assert sign(GOOD, KEY) == GOOD


@pytest.mark.attack(31)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("parking/__main__.py", b"import os"), "is not as it was signed"),
        (put("parking/__main__.py", b"print('parking')\n", executable=True), "is not as it was signed"),
        (put("manifest.toml", manifest(version="9.9.9")), "is not as it was signed"),
        (put("extra.py"), "'extra.py' is there and not signed"),
        (lambda files: files.pop("parking/__init__.py"), "'parking/__init__.py' is signed and not there"),
        (lambda files: files.pop("signature.json"), "is not signed"),
    ],
)
def test_a_changed_package_is_refused_and_says_what_changed(change: Change, words: str) -> None:
    with pytest.raises(SignatureError, match=words):
        verify(changed(change))


def test_the_signature_of_another_package_of_the_same_key_does_not_hold() -> None:
    other = signed(KEY, tree(manifest(version="2.0.0")))
    taken = {file.path: file for file in read_archive(other)}["signature.json"]
    with pytest.raises(SignatureError):
        verify(changed(lambda files: files.update({"signature.json": taken})))


def test_a_list_that_fits_does_not_replace_the_signature_over_it() -> None:
    evil = signed(OTHER, tree() | {"parking/__main__.py": b"import os"})
    mine = msgspec.json.decode({f.path: f for f in read_archive(GOOD)}["signature.json"].content)

    def change(files: dict[str, File]) -> None:
        members = msgspec.json.decode(files["signature.json"].content)
        members |= {"key": mine["key"], "signature": mine["signature"]}
        files["signature.json"] = File("signature.json", msgspec.json.encode(members))

    with pytest.raises(SignatureError, match="does not hold"):
        verify(changed(change, evil))


@pytest.mark.parametrize(
    "values",
    [
        {"publisher": "org.elsewhere"},
        {"algorithm": "none"},
        {"format": 2},
        {"key": ""},
        {"signature": "AAAA"},
        {"more": 1},
        {"key": msgspec.json.decode(msgspec.json.encode(OTHER.public))},
    ],
)
def test_a_signature_of_another_form_or_key_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(SignatureError):
        verify(with_signature(**values))


def test_a_signature_written_in_another_way_is_refused() -> None:
    def spaced(files: dict[str, File]) -> None:
        text = files["signature.json"].content
        files["signature.json"] = File("signature.json", text.replace(b'"format":1', b'"format": 1'))

    with pytest.raises(SignatureError, match="not written as signatures are"):
        verify(changed(spaced))


def broken(contents: Mapping[str, bytes]) -> PackageError:
    with pytest.raises(PackageError) as caught:
        sign(write_archive(files_of(contents)), KEY)
    return caught.value


def test_nobody_signs_as_etui() -> None:
    assert isinstance(broken(tree(manifest(publisher='"etui"'))), ReservedError)


def test_nobody_else_provides_what_the_wallet_serves_itself() -> None:
    assert isinstance(broken(tree(manifest(provides='["egress/1"]'))), ReservedError)
    assert isinstance(broken(tree(manifest(provides='["coverage/1"]'))), ReservedError)


def test_nobody_redefines_an_interface_of_the_wallet() -> None:
    document = DOCUMENT.replace(INTERFACE.encode(), b"secret/1")
    error = broken(tree(manifest(provides='["secret/1"]')) | {"interfaces/parking-1.json": document})
    assert isinstance(error, ReservedError)


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (tree(manifest(python='["main.py"]')), "main.py, which `python` names, is not in the package"),
        (tree(manifest(python='["-m", "elsewhere"]')), "elsewhere"),
        (tree(manifest(python="", executable='"parking/__main__.py"')), "may not be executed"),
        (tree(manifest(python="", executable='"bin/x"')), "is not in the package"),
        (tree(manifest(interfaces='["other.json"]')), r"other\.json"),
        (tree(manifest(interfaces="")), "without its document"),
        (tree() | {"interfaces/parking-1.json": b"{}"}, r"interfaces/parking-1\.json: not an interface"),
        (tree() | {"interfaces/parking-1.json": b'{"interface":"\xff"}'}, "not JSON: 'utf-8' codec"),
        (tree() | {"interfaces/parking-1.json": DEEP}, "nested deeper than 32 levels"),
        (tree() | {"interfaces/parking-1.json": DOCUMENT.replace(b"/1", rb"/1\n")}, "write it as"),
        (tree(manifest(extra=f'[[links]]\ntitle = "x"\nmethod = "{INTERFACE}.park"')), "no such method"),
        (tree(manifest(extra=f'[[accessibility.rules]]\nmethods = ["{INTERFACE}.park"]')), "no such method"),
        (tree(manifest(extra='[[accessibility.rules]]\nkinds = ["ticket"]')), "the kind ticket"),
        (tree(manifest(logo='"logo.png"')), "logo"),
        (tree(manifest(logo='"logo.png"')) | {"logo.png": b"GIF89a" + bytes(40)}, "no PNG"),
        (tree(manifest(logo='"logo.png"')) | {"logo.png": png()[:20]}, "no PNG"),
        (tree(manifest(logo='"logo.png"')) | {"logo.png": png(513, 1)}, "513 by 1"),
        (tree(manifest(logo='"logo.png"')) | {"logo.png": png(0, 1)}, "0 by 1"),
        (tree(manifest(logo='"logo.png"')) | {"logo.png": png() + bytes(65536)}, "bytes"),
    ],
)
def test_what_the_manifest_says_of_the_files_has_to_be_so(contents: dict[str, bytes], words: str) -> None:
    error = broken(contents)
    assert isinstance(error, ContentError)
    assert error.code == "package_content"
    with pytest.raises(ContentError, match=words):
        raise error


def test_a_logo_a_whole_interface_and_a_kind_that_are_there_are_taken() -> None:
    text = manifest(logo='"logo.png"', extra=f'[[accessibility.rules]]\nmethods = ["{INTERFACE}"]\nkinds = ["permit"]')
    assert verify(signed(KEY, tree(text) | {"logo.png": png()})).manifest.logo == "logo.png"


def test_a_broken_manifest_is_told_by_file_and_key_when_it_is_signed() -> None:
    error = broken(tree(manifest(version="1")))
    assert isinstance(error, ManifestError)
    assert (error.file, error.key) == ("manifest.toml", "version")


@given(st.data())
def test_a_package_with_any_bytes_changed_is_refused_in_words_of_this_room(data: st.DataObject) -> None:
    archive = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] ^= data.draw(st.integers(1, 255))
    if bytes(archive) == GOOD:
        return
    with pytest.raises(PackageError):
        verify(bytes(archive))


@given(st.data())
def test_a_signature_with_any_text_in_it_ends_with_an_error_of_this_room(data: st.DataObject) -> None:
    text = bytearray({file.path: file for file in read_archive(GOOD)}["signature.json"].content)
    start = data.draw(st.integers(0, len(text)))
    text[start : data.draw(st.integers(start, len(text)))] = data.draw(st.binary(max_size=40))
    forged = changed(put("signature.json", bytes(text)))
    if forged == GOOD:
        return
    with pytest.raises(SignatureError):
        verify(forged)


@given(st.data())
def test_a_document_with_any_bytes_in_it_ends_with_an_error_of_this_room_or_a_package(data: st.DataObject) -> None:
    text = bytearray(DOCUMENT)
    start = data.draw(st.integers(0, len(text)))
    text[start : data.draw(st.integers(start, min(len(text), start + 6)))] = data.draw(st.binary(max_size=4))
    with suppress(PackageError):
        verify(signed(KEY, tree() | {"interfaces/parking-1.json": bytes(text)}))
