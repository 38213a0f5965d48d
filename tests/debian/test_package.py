"""What `./package` builds, read and not installed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from setup.debian.architectures import ARCHITECTURES
from setup.debian.errors import PackageError
from setup.debian.libraries import install_libraries
from setup.debian.qt import imported_modules
from tests.debian.packages import ROOT, Packages, architecture, build, contents, field

SITE = "./usr/lib/etui/lib/python3.11/site-packages/"
MOST_BYTES = 40_000_000

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs package dpkg")


@pytest.fixture(scope="module")
def archive(packages: Packages) -> tarfile.TarFile:
    return contents(packages.now)


def test_everything_is_roots_and_nobody_else_may_write_it_or_become_root_by_it(archive: tarfile.TarFile) -> None:
    members = archive.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "root", "root")}
    assert {one.mode for one in members if one.isdir()} == {0o755}
    assert {one.mode for one in members if one.isfile()} == {0o755, 0o644}
    assert not [one.name for one in members if not (one.isdir() or one.isfile() or one.issym())]
    assert len({one.mtime for one in members}) == 1


def test_nothing_compiled_is_in_it(archive: tarfile.TarFile) -> None:
    names = archive.getnames()
    assert len([name for name in names if name.startswith(f"{SITE}etui/") and name.endswith(".py")]) > 300
    assert [name for name in names if name.endswith(".pyc") or "__pycache__" in name] == []


def test_of_qt_there_is_what_the_dialog_imports_and_no_more(archive: tarfile.TarFile) -> None:
    found = {
        match[1]
        for name in archive.getnames()
        if (match := re.fullmatch(rf"{re.escape(SITE)}PySide6/(Qt\w+)\.abi3\.so", name))
    }
    assert found == imported_modules(ROOT / "src" / "etui") == {"QtCore", "QtGui", "QtSvg", "QtWidgets"}


def test_every_library_is_named_in_the_copyright_file_with_its_licence(archive: tarfile.TarFile) -> None:
    file = archive.extractfile("./usr/share/doc/etui/copyright")
    assert file is not None
    text = file.read().decode()
    pinned = re.findall(
        r"(?m)^([a-z0-9-]+)==([^ ]+)(?! ; sys_platform == 'win32')", (ROOT / "requirements" / "run.txt").read_text()
    )
    for name, version in pinned:
        if name not in {"tzdata", "psycopg", "psycopg-binary"}:  # of Windows, and of servers
            spelled = re.escape(name).replace(r"\-", "[-_.]")
            assert re.search(rf"(?mi)^ {spelled} {re.escape(version)}\b", text), name
    unsaid = [stanza for stanza in text.split("\n\n") if "License: see its licence" in stanza]
    assert [stanza for stanza in unsaid if " Text: /" not in stanza] == []
    assert [name for name in re.findall(r"(?m)^ Text: /(.*)$", text) if f"./{name}" not in archive.getnames()] == []


def test_what_it_depends_on_is_what_its_files_are_linked_to(packages: Packages) -> None:
    depends = set(field(packages.now, "Depends").split(", "))
    assert {"python3.11", "libseccomp2", "libdbus-1-3", "libc6", "libxcb-cursor0", "libwayland-client0"} <= depends
    listed = {
        line.split()[0]
        for line in (ROOT / "packages" / "debian-run.txt").read_text().splitlines()
        if line[:1].isalpha()
    }
    window = {name for name in depends if name.startswith(("libx", "libwayland", "libegl", "libgl1", "libfontconfig"))}
    assert window - {"libxcb1"} <= listed, "./run would miss it"  # that one comes with all that is named libxcb-*


@pytest.mark.attack(236)
def test_a_library_with_other_bytes_than_were_written_down_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (ROOT / "requirements" / "run.txt").read_text()
    pin = re.search(r"(?m)^h11==(\S+) \\\n(    --hash=\S+( \\)?\n)+", lines)
    assert pin is not None
    requirements = tmp_path / "run.txt"
    requirements.write_text(pin[0])
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    info = f"h11-{pin[1]}.dist-info"
    wheel = wheels / f"h11-{pin[1]}-py3-none-any.whl"
    members = {
        "h11/__init__.py": "raise SystemExit('packed')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: h11\nVersion: {pin[1]}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: nobody\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    forged = wheel.read_bytes()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    with pytest.raises(PackageError, match="pip cannot fetch"):
        install_libraries(requirements, wheels, tmp_path / "site", ARCHITECTURES[architecture()])
    assert not (tmp_path / "site" / "h11").exists()
    wheel.write_bytes(forged)  # pip has thrown it away
    requirements.write_text(f"h11=={pin[1]} --hash=sha256:{hashlib.sha256(forged).hexdigest()}\n")
    install_libraries(requirements, wheels, tmp_path / "site", ARCHITECTURES[architecture()])
    assert (tmp_path / "site" / "h11" / "__init__.py").exists(), "it is the hash that kept it out"


@pytest.mark.parametrize(
    ("words", "epoch", "said"),
    [
        (["--version", "one two"], "0", "'one two' is no version for dpkg"),
        ([], "yesterday", "SOURCE_DATE_EPOCH is 'yesterday': give seconds since 1970, as an integer"),
    ],
)
def test_what_it_cannot_use_is_said_and_nothing_is_built(
    tmp_path: Path, words: list[str], epoch: str, said: str
) -> None:
    ran = subprocess.run(
        [str(ROOT / "package"), "--output", str(tmp_path), *words],
        env=os.environ | {"SOURCE_DATE_EPOCH": epoch},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert said in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[..., Path]:
    """Builds the package of the same commit in another folder, as another user elsewhere would, without a network."""

    def elsewhere(*words: str) -> Path:
        copy = tmp_path / "another folder"
        unlike = shutil.ignore_patterns(".venv", ".*_cache", ".hypothesis", "__pycache__", "dist")
        shutil.copytree(ROOT, copy, ignore=unlike)
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        epoch = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        return build(
            tmp_path / "elsewhere",
            *words,
            root=copy,
            before=("sh", "-c", 'umask 077; exec unshare --map-root-user --net "$@"', "sh"),
            SOURCE_DATE_EPOCH=epoch,
            TZ="Pacific/Kiritimati",
            LC_ALL="C",
            PYTHONHASHSEED="7",
        )

    return elsewhere


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_folders_two_people_and_two_moments_make_the_same_bytes(
    packages: Packages, elsewhere: Callable[..., Path]
) -> None:
    assert elsewhere("--compression", "none").read_bytes() == packages.now.read_bytes()


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_they_do_when_it_is_packed_too_and_that_has_at_most_40_megabytes(
    tmp_path: Path, elsewhere: Callable[..., Path]
) -> None:
    first = build(tmp_path / "first")
    assert elsewhere().read_bytes() == first.read_bytes()
    assert first.stat().st_size <= MOST_BYTES
