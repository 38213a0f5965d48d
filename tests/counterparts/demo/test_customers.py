"""The operator's customers: passwords, one-time codes, and tries."""

from __future__ import annotations

import pytest

from etui.counterparts.demo.sites.customers import Customer, CustomerError, Customers
from etui.standards.otp import parse_key, totp

NOW = 1_800_000_000
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def customers() -> Customers:
    return Customers()


def registered(customers: Customers, name: str) -> Customer:
    pending = customers.new(name, PASSWORD)
    customers.admit(pending, totp(pending.key, NOW).text, NOW)
    return pending


def test_a_customer_is_known_by_the_password_alone(customers: Customers) -> None:
    ada = registered(customers, "ada")
    assert customers.known("ada", PASSWORD, NOW) is ada
    for name, password in (("ada", "another-password"), ("eve", PASSWORD), ("", "")):
        with pytest.raises(CustomerError, match="User name or password is not right"):
            customers.known(name, password, NOW)


def test_a_code_is_good_once_in_its_step_and_the_next(customers: Customers) -> None:
    bob = registered(customers, "bob")
    later = NOW + 30
    code = totp(bob.key, later).text
    bob.check_code(f"{code[:3]} {code[3:]}", later + 30)
    for used in (code, totp(bob.key, NOW).text):
        with pytest.raises(CustomerError, match="used before"):
            bob.check_code(used, later + 30)
    old = totp(bob.key, later + 60).text
    with pytest.raises(CustomerError, match="not right"):
        bob.check_code(old, later + 120)


def test_after_five_wrong_tries_the_account_waits_a_minute(customers: Customers) -> None:
    registered(customers, "cyd")
    for _ in range(5):
        with pytest.raises(CustomerError, match="not right"):
            customers.known("cyd", "wrong-password", NOW)
    with pytest.raises(CustomerError, match="wait a minute"):
        customers.known("cyd", PASSWORD, NOW + 59)
    assert customers.known("cyd", PASSWORD, NOW + 60).name == "cyd"


def test_nobody_becomes_a_customer_without_a_code_or_in_anothers_name(customers: Customers) -> None:
    first, second = customers.new("dot", PASSWORD), customers.new("dot", PASSWORD)
    with pytest.raises(CustomerError, match="not right"):
        customers.admit(first, "000000", NOW)
    with pytest.raises(CustomerError, match="not right"):
        customers.known("dot", PASSWORD, NOW)
    customers.admit(second, totp(second.key, NOW).text, NOW)
    with pytest.raises(CustomerError, match="by now"):
        customers.admit(first, totp(first.key, NOW).text, NOW)
    with pytest.raises(CustomerError, match="already"):
        customers.new("dot", PASSWORD)


@pytest.mark.parametrize("name", ["", "ab", "Ada", ".ada", "a" * 41, "ad\N{LATIN SMALL LETTER A WITH GRAVE}"])
def test_a_user_name_is_plain(customers: Customers, name: str) -> None:
    with pytest.raises(CustomerError, match="user name has"):
        customers.new(name, PASSWORD)


def test_a_password_is_neither_short_nor_endless(customers: Customers) -> None:
    for password in ("short", "x" * 201):
        with pytest.raises(CustomerError, match="password has"):
            customers.new("eli", password)


def test_the_key_is_what_a_wallet_reads(customers: Customers) -> None:
    pending = customers.new("fay", PASSWORD)
    assert parse_key(pending.uri.encode()) == parse_key(pending.secret.encode()) == pending.key
