"""SecretStorage and keyring, unchanged."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.router_peer import RouterPeer
from tests.doors.secret_service.test_locking import lock_wallet

pytestmark = pytest.mark.usefixtures("door")


def run(environ: dict[str, str], script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SECRET_STORAGE = """
import secretstorage
connection = secretstorage.dbus_init()
assert secretstorage.check_service_availability(connection)
collection = secretstorage.get_default_collection(connection)
item = collection.create_item("L", {"a": "1"}, b"pw", replace=True)
assert item.get_secret() == b"pw"
item.set_secret(b"pw2", content_type="data/x")
assert (item.get_secret(), item.get_secret_content_type()) == (b"pw2", "data/x")
item.set_label("M")
item.set_attributes({"b": "2"})
(found,) = secretstorage.search_items(connection, {"b": "2"})
assert (found, found.get_label(), found.get_attributes()) == (item, "M", {"b": "2"})
work = secretstorage.create_collection(connection, "Work", alias="work")
assert secretstorage.get_collection_by_alias(connection, "work").get_label() == "Work"
inner = work.create_item("I", {"c": "3"}, b"x")
assert [i.get_label() for i in work.get_all_items()] == ["I"]
assert len(list(secretstorage.get_all_collections(connection))) == 3
collection.lock()
assert collection.is_locked()
assert collection.unlock() is False
assert not collection.is_locked()
work.delete()
item.delete()
assert not list(collection.get_all_items())
print("done")
"""
KEYRING = """
from keyring.backends.SecretService import Keyring
keyring = Keyring()
assert Keyring.priority >= 5
keyring.set_password("service", "me", "one")
keyring.set_password("service", "me", "two")
assert keyring.get_password("service", "me") == "two"
assert keyring.get_credential("service", None).password == "two"
keyring.delete_password("service", "me")
assert keyring.get_password("service", "me") is None
print("done")
"""


def test_secret_storage(environ: dict[str, str], router: RouterPeer) -> None:
    assert run(environ, SECRET_STORAGE) == "done\n"
    assert not router.entries


def test_keyring(environ: dict[str, str], router: RouterPeer) -> None:
    assert run(environ, KEYRING) == "done\n"
    assert not router.entries


@pytest.mark.parametrize("program", ["keyring", "secretstorage"])
def test_a_program_of_today_unlocks_by_the_prompt(
    door: DoorProcess, environ: dict[str, str], router: RouterPeer, program: str
) -> None:
    """A keyring that finds the wallet locked asks for the dialog, and finds what it stored."""
    scripts = {
        "keyring": "from keyring.backends.SecretService import Keyring; print(Keyring().get_password('s', 'me'))",
        "secretstorage": """
import secretstorage
connection = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(connection)
assert collection.is_locked() and collection.unlock() is False
print(next(secretstorage.search_items(connection, {"service": "s"})).get_secret().decode())
""",
    }
    router.add("alice", "L", {"service": "s", "username": "me", "application": "Python keyring library"}, b"pw")
    lock_wallet(door)
    running = subprocess.Popen(
        [sys.executable, "-c", scripts[program]], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        router.dialogs.get(timeout=60).approve()
        assert running.communicate(timeout=60) == ("pw\n", "")
    finally:
        running.kill()
        running.wait()
