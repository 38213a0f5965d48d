"""The package, built once; a system in which it is installed, and a person there with a wallet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from tests.booted.machine import Machine
from tests.debian.installed import Installed, Person
from tests.debian.packages import Packages, built_in


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    needs = {"dpkg-deb": "dpkg", "icupkg": "icu-devtools", "pip3": "python3-pip", "readelf": "binutils"}
    for program, package in needs.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "debian"
    folder.mkdir(exist_ok=True)
    return built_in(folder)


@pytest.fixture(scope="module")
def installed(packages: Packages, booted: Machine) -> Iterator[Installed]:
    """The package of this checkout, in a booted system; tests leave it so."""
    there = Installed(booted, packages)
    there.install(packages.now)
    yield there
    booted.does("dpkg", "--purge", "etui")


@pytest.fixture(scope="module")
def ada(installed: Installed) -> Iterator[Person]:
    """An ordinary user, who has made a wallet and kept a password in it; it runs before each test and after it."""
    person = Person(installed.machine, "etui-ada")
    person.starts_wallet()
    person.stores()
    yield person
    installed.machine.remove_user(person.name)
