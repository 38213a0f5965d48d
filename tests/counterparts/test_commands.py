"""The commands of issuer, acquirer and merchant: what they say of themselves, and when they do not begin."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.counterparts.commands import run

_ISSUERS = '[[issuer]]\nname = "a"\nscheme = "s"\nprefixes = ["4"]\nhost = "127.0.0.1"\nport = 1\n'
_MERCHANT = '[[merchant]]\nnumber = "{}"\nlocation = "Shop"\ncategory = "5942"\ncountry = "276"\nterminals = ["T"]\n'


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("acquirer", ["--db", "--port", "--code", "--issuers", "--merchants"]),
        ("merchant", ["--folder", "--db", "--acquirer", "--port", "--tls-cert"]),
    ],
)
def test_help_names_what_a_command_takes(module: str, options: list[str]) -> None:
    said = run(module, "--help")
    assert said.returncode == 0
    assert all(option in said.stdout for option in options)


_AT = ("--db", "sqlite:///none", "--port", "0")
_COMMANDS = {
    "acquirer": (*_AT, "--code", "1", "--issuers", "none"),
    "merchant": (*_AT, "--folder", "none", "--acquirer", "127.0.0.1:1", "--tls-cert", "none"),
    "issuer": (*_AT, "--imk-file", "none"),
}


@pytest.mark.parametrize(
    ("module", "option", "value"),
    [
        *((module, "--port", value) for module in _COMMANDS for value in ("65536", "-1", "x", "1_0")),
        *((module, "--together", value) for module in ("acquirer", "issuer") for value in ("0", "1025", "1.5")),
        *((module, "--answer-seconds", value) for module in ("acquirer", "merchant") for value in ("0", "nan", "-1")),
        ("issuer", "--workers", "0"),
        ("merchant", "--request-seconds", "86401"),
        ("merchant", "--acquirer", "127.0.0.1"),
        ("merchant", "--acquirer", "127.0.0.1:99999"),
    ],
)
def test_a_value_that_is_none_is_refused_by_the_name_of_its_option(module: str, option: str, value: str) -> None:
    said = run(module, *_COMMANDS[module], option, value)
    assert (said.returncode, said.stdout) == (2, "")
    assert f"argument {option}: “{value}” is no " in said.stderr


@pytest.mark.parametrize(
    ("issuers", "merchants", "db", "words"),
    [
        ("issuer = 1", "", "sqlite:///{}/books.db", "issuers.toml"),
        (_ISSUERS, _MERCHANT.format("a" * 16), "sqlite:///{}/books.db", "merchant's merchant"),
        (_ISSUERS, "merchant = []", "sqlite://", "books in memory"),
        (_ISSUERS, "merchant = []", "sqlite:///{}/none/books.db", "cannot be opened"),
    ],
)
def test_an_acquirer_that_cannot_begin_says_why(
    issuers: str, merchants: str, db: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "issuers.toml").write_text(issuers)
    (tmp_path / "merchants.toml").write_text(merchants)
    files = ("--issuers", str(tmp_path / "issuers.toml"), "--merchants", str(tmp_path / "merchants.toml"))
    said = run("acquirer", "--db", db.format(tmp_path), "--port", "0", "--code", "1", *files)
    assert (said.returncode, said.stdout) == (1, "")
    assert words in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("counterpart", ["acquirer", "issuer", "merchant"])
@pytest.mark.parametrize("number", ["65536", "-1", "http", "²"])
def test_what_is_no_port_is_refused_in_a_sentence(counterpart: str, number: str) -> None:
    said = run(counterpart, f"--port={number}")
    assert (said.returncode, said.stdout) == (2, "")
    assert f"“{number}” is no whole number from 0 to 65535" in said.stderr


@pytest.mark.parametrize("where", ["8584", ":8584", "127.0.0.1:0"])
def test_an_acquirer_that_is_no_address_is_refused(where: str) -> None:
    said = run("merchant", "--acquirer", where)
    assert said.returncode == 2
    assert f"“{where}” is no HOST:PORT" in said.stderr


def test_a_shop_without_keys_says_so(tmp_path: Path) -> None:
    where = (
        "--folder",
        str(tmp_path),
        "--db",
        f"sqlite:///{tmp_path}/b.db",
        "--acquirer",
        "127.0.0.1:1",
        "--port",
        "0",
    )
    said = run("merchant", *where, "--tls-cert", str(tmp_path / "none.pem"))
    assert (said.returncode, said.stdout) == (1, "")
    assert "key.pem cannot be read" in said.stderr
