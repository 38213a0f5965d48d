"""The interfaces that come with Etui, each in the file of its name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.interfaces.documents import parking

from etui.interfaces import InterfaceError, catalogue, file_name, supplied

DOCUMENTS = catalogue.DOCUMENTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of documents, which is read instead."""
    shutil.copytree(DOCUMENTS, tmp_path / "documents")
    monkeypatch.setattr(catalogue, "DOCUMENTS", tmp_path / "documents")
    return tmp_path / "documents"


def test_every_document_is_found_by_its_id() -> None:
    found = supplied()
    assert len(found) == len(list(DOCUMENTS.glob("*")))
    for interface, compiled in found.items():
        assert interface == compiled.id == compiled.document.interface
        assert (DOCUMENTS / file_name(interface)).is_file()
        assert list(compiled.methods) == list(compiled.document.methods)
        assert all(method.action == f"{interface}.{name}" for name, method in compiled.methods.items())


def test_documents_are_read_once() -> None:
    assert supplied() is supplied()


def test_the_file_of_an_interface_has_no_folder_in_its_name() -> None:
    assert file_name("secret/1") == "secret-1.json"
    assert file_name("org.example.parking/12") == "org.example.parking-12.json"


def test_a_document_in_the_file_of_another_is_refused(folder: Path) -> None:
    (folder / "parking-1.json").write_text(json.dumps(parking()))
    with pytest.raises(InterfaceError, match=r"whose file is org\.example\.parking-1\.json"):
        supplied.__wrapped__()


def test_one_more_document_is_one_more_interface(folder: Path) -> None:
    (folder / "org.example.parking-1.json").write_text(json.dumps(parking()))
    assert set(supplied.__wrapped__()) == {*supplied(), "org.example.parking/1"}


def test_a_damaged_document_is_not_passed_over(folder: Path) -> None:
    (folder / "secret-1.json").write_bytes((folder / "secret-1.json").read_bytes()[:-2])
    with pytest.raises(InterfaceError):
        supplied.__wrapped__()
