"""The door, told by whoever connects to it: it takes nobody's word for an origin, and no message that is none."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.etui import done, wait_until
from tests.doors.browser.hosts import FRAME_KEY, HANDS_OVER, HOST, HostEnd, Key, door_of, other_program, run_host
from tests.processes import pid_of
from tests.standards.payments.shop import SHOP, Shop

from etui.doors.browser import allowed
from etui.doors.browser.door import MAX_BROWSERS, MAX_CALLS_OF_FRAME, MAX_FRAMES, MAX_FRAMES_OF_ORIGIN
from etui.doors.browser.extension_ids import FIREFOX, ORIGIN
from etui.doors.browser.framing import MAX_BYTES
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

BANK = "https://bank.example"
OPEN = {"do": "open", "frame": 1, "origin": BANK, "key": base64.b64encode(FRAME_KEY).decode()}


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder, doors=["browser"]) as started:
        started.create()
        yield started
    shutil.rmtree(folder)


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    shared.user.forgets()
    shared.unlock()
    return shared


def pair(host: HostEnd, wallet: TestWallet) -> tuple[Key, str]:
    """A key that the user has paired."""
    wallet.user.approves(action_contains="pair")
    key = Key()
    host.hear_state("unproven")
    host.say("pair", id=1, name="Chromium of a test", key=base64.b64encode(key.public).decode())
    answer = host.answer(1)
    return key, answer["result"]["pairing"]


def opened(host: HostEnd, frame: int = 1, origin: str = BANK) -> None:
    host.say("open", frame=frame, origin=origin, key=base64.b64encode(FRAME_KEY).decode())


def on_record(wallet: TestWallet, method: str, reason: str, *, newest: int = 1) -> bool:
    """Whether one of the newest records of this method is of its refusal, for this reason."""
    wallet.user.approves()
    with wallet.connect() as client:
        records = client.call(shell.Audit(limit=50)).records
    of_method = [record for record in records if record.action == method][:newest]
    refused = [record.id for record in of_method if record.outcome == "denied"]
    return any(reason in " ".join(wallet.etui("why", one).stdout.split()) for one in refused)


@pytest.mark.attack(185)
def test_a_program_that_starts_the_host_speaks_for_no_origin(wallet: TestWallet) -> None:
    shown = len(wallet.user.shown())
    call = {"do": "call", "frame": 1, "id": 7, "method": "payment/1.pay", "params": {"order": "x", "request": "y"}}
    fill = {"do": "fill", "frame": 1, "id": 8, "what": "login"}
    heard = run_host(wallet, OPEN, call, fill)
    assert [one["error"]["code"] for one in heard if one["is"] == "answer"] == ["absent", "absent"]
    assert len(wallet.user.shown()) == shown, "nobody is even asked"
    wallet.user.approves()
    wait_until(lambda: any(BANK in one for one in reports(wallet, "for a page of a browser that is not paired")))


@pytest.mark.attack(185)
@pytest.mark.parametrize("pairing", ["nosuch", "0123456789ab"])
def test_a_pairing_that_is_guessed_proves_nothing_and_is_on_record(wallet: TestWallet, pairing: str) -> None:
    with HostEnd(wallet) as host:
        challenge = base64.b64decode(host.hear_state("unproven")["challenge"])
        signature = base64.b64encode(Key().prove(challenge, pairing)).decode()
        host.say("prove", pairing=pairing, signature=signature)
        refused = host.hear_state("unproven")
        assert "challenge" not in refused
        assert "no such pairing" in refused["message"]
        host.say("prove", pairing=pairing, signature=signature)
        opened(host)
        host.say("call", frame=1, id=3, method="payment/1.find", params={})
        assert host.answer(3)["error"]["code"] == "absent"
    assert on_record(wallet, "wallet/1.prove", "no such pairing", newest=2)


@pytest.mark.attack(186)
@pytest.mark.parametrize(
    "arguments",
    [
        ("chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",),
        ("/usr/lib/mozilla/native-messaging-hosts/org.etui.browser.json", "other@example.com"),
        (f"{ORIGIN}x",),
        (),
    ],
)
def test_the_host_of_another_extension_is_refused_with_the_reason(
    wallet: TestWallet, arguments: tuple[str, ...]
) -> None:
    with HostEnd(wallet, arguments) as host:
        told = host.hear()
        assert told is not None
        assert told["state"] == "absent"
        assert "not the wallet's own browser extension" in told["message"]
        assert host.hear() is None, "it hung up"
    assert "not the wallet's own browser extension" in wallet.log.read_text(encoding="utf-8")


def reports(wallet: TestWallet, why: str = "from another browser extension") -> list[str]:
    """What the door reported of what it turned away for this reason, the newest first."""
    with wallet.connect() as client:
        rows = client.call(shell.Audit(text=f"turned away, {why}", limit=100)).records
    assert {row.client for row in rows} <= {"door:browser"}
    return [row.what or "" for row in rows]


def count_in(told: list[str]) -> int:
    return sum(int(one.split()[0]) for one in told)


@pytest.mark.attack(186)
def test_the_host_of_another_extension_is_on_record_also_when_the_door_ends_at_once(wallet: TestWallet) -> None:
    wallet.user.approves()
    before = count_in(reports(wallet))
    for letter in "abc":
        with HostEnd(wallet, (f"chrome-extension://{letter * 32}/",)) as host:
            host.hear_state("absent")
    done(wallet, "door", "disable", "browser")
    try:
        wait_until(lambda: count_in(reports(wallet)) >= before + 3)
        assert f"chrome-extension://{'c' * 32}/" in reports(wallet)[0]
    finally:
        done(wallet, "door", "enable", "browser")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"{", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"do":"rob"}', "cannot be read"),
        (b'{"do":"open","frame":1,"origin":"x","key":"AAAA"}', "cannot be read"),
        (b'{"do":"call","frame":-1,"id":1,"method":"x"}', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_no_message_ends_the_host_with_a_reason(wallet: TestWallet, sent: bytes, reason: str) -> None:
    with HostEnd(wallet) as host:
        host.hear_state("unproven")
        host.send(sent)
        assert reason in host.hear_state("absent")["message"]
        assert host.hear() is None


def test_a_frame_that_is_too_long_ends_the_host_before_it_has_come(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        host.hear_state("unproven")
        host.send_raw(struct.pack("=I", MAX_BYTES + 1))
        assert str(MAX_BYTES) in host.hear_state("absent")["message"]


def test_a_paired_browser_proves_itself_again_after_a_lock_and_on_its_next_connection(wallet: TestWallet) -> None:
    with HostEnd(wallet, ("/home/ada/host.json", FIREFOX)) as host:
        key, pairing = pair(host, wallet)
        opened(host)
        host.say("call", frame=1, id=2, method="payment/1.find", params={})
        assert host.answer(2)["result"] == {"payments": []}
        wallet.lock()
        host.hear_state("locked")
        host.say("call", frame=1, id=3, method="payment/1.find", params={})
        assert host.answer(3)["error"]["code"] == "locked"
        wallet.unlock()
        challenge = base64.b64decode(host.hear_state("unproven")["challenge"])
        host.say("call", frame=1, id=4, method="payment/1.find", params={})
        assert host.answer(4)["error"]["code"] == "absent", "not before it has proven itself"
        host.say("prove", pairing=pairing, signature=base64.b64encode(key.prove(challenge, pairing)).decode())
        host.hear_state("ready")
        host.say("call", frame=1, id=5, method="payment/1.find", params={})
        assert host.answer(5)["result"] == {"payments": []}
    with HostEnd(wallet) as host:
        challenge = base64.b64decode(host.hear_state("unproven")["challenge"])
        host.say("prove", pairing=pairing, signature=base64.b64encode(key.prove(challenge, pairing)).decode())
        host.hear_state("ready")


@pytest.mark.attack(177)
def test_a_key_is_good_from_the_program_that_it_was_paired_for_alone(wallet: TestWallet, tmp_path: Path) -> None:
    with HostEnd(wallet) as host:
        key, pairing = pair(host, wallet)
    with other_program(wallet, tmp_path) as other:
        challenge = base64.b64decode(other.hear_state("unproven")["challenge"])
        other.say("prove", pairing=pairing, signature=base64.b64encode(key.prove(challenge, pairing)).decode())
        heard = other.hear_state("unproven")
    assert "no other program's" in heard["message"]
    assert on_record(wallet, "wallet/1.prove", "no other program's")


@pytest.mark.attack(190)
def test_a_program_in_the_place_of_the_host_is_not_spoken_with(wallet: TestWallet) -> None:
    command = (sys.executable, "-I", "-c", HANDS_OVER, door_of(wallet))
    with HostEnd(wallet, command=command) as other:
        assert "is not the host of this wallet" in other.hear_state("absent")["message"]
        assert other.hear() is None
    wallet.user.approves()
    wait_until(lambda: bool(reports(wallet, "from a program in the place of a browser's host")))


def test_an_unpaired_browser_speaks_for_no_page_from_then_on(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        _, pairing = pair(host, wallet)
        opened(host)
        host.say("call", frame=1, id=2, method="payment/1.find", params={})
        assert "result" in host.answer(2)
        wallet.user.approves()
        with wallet.connect() as client:
            client.call(shell.Unpair(pairing=pairing))
        host.say("call", frame=1, id=3, method="payment/1.find", params={})
        assert host.answer(3)["error"]["code"] == "absent"
        assert "challenge" in host.hear_state("unproven")


@pytest.mark.attack(188)
def test_one_origin_has_so_many_frames_and_leaves_room_for_others(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        for number in range(MAX_FRAMES_OF_ORIGIN + 1):
            opened(host, number)
        opened(host, 1000, "https://shop.example")
        for frame, call in ((0, 2), (1000, 3)):
            host.say("call", frame=frame, id=call, method="payment/1.find", params={})
            assert "result" in host.answer(call), frame
        host.say("call", frame=MAX_FRAMES_OF_ORIGIN, id=4, method="payment/1.find", params={})
        assert "too many of its site are" in host.answer(4)["error"]["message"]


@pytest.mark.attack(229)
def test_frames_of_many_names_take_the_room_of_no_other_page(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        calls = itertools.count(2)

        def finds(frame: int) -> dict[str, Any]:
            call = next(calls)
            host.say("call", frame=frame, id=call, method="payment/1.find", params={})
            return host.answer(call)

        opened(host, 0)
        assert "result" in finds(0)
        for number in range(1, MAX_FRAMES + 1):
            opened(host, number, f"https://ad{number % 9}.example")
        opened(host, MAX_FRAMES + 1, "https://shop.example")
        assert "result" in finds(MAX_FRAMES + 1)
        assert finds(0)["error"]["code"] == "invalid_request", "it asked longest ago"
        opened(host, MAX_FRAMES + 2)
        assert "result" in finds(MAX_FRAMES + 2)


@pytest.mark.attack(228)
def test_hosts_that_bring_no_pipes_take_the_place_of_no_browser(wallet: TestWallet, tmp_path: Path) -> None:
    file = tmp_path / "said"
    file.write_bytes(b"x")
    with file.open("rb") as said:
        hosts = [
            subprocess.Popen([*HOST, ORIGIN], env=wallet.environ, stdin=said, stdout=subprocess.PIPE)
            for _ in range(MAX_BROWSERS + 1)
        ]
    for host in hosts:
        host.communicate(timeout=60)
    with HostEnd(wallet) as browser:
        browser.hear_state("unproven")


def descriptors_of(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.attack(228)
@pytest.mark.parametrize("brought", ["folder", "swapped"])
def test_nothing_is_left_behind_of_what_is_brought_in_place_of_pipes(
    wallet: TestWallet, tmp_path: Path, brought: str
) -> None:
    pid = pid_of(wallet.pid, "etui.doors.browser")
    before = descriptors_of(pid)
    end, other = os.pipe() if brought == "swapped" else (os.open(tmp_path, os.O_RDONLY),) * 2
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as program:
            program.connect(door_of(wallet))
            socket.send_fds(program, [b'{"do":"host","arguments":[]}'], [other, end])
            assert program.recv(1) == b""
    for one in {end, other}:
        os.close(one)
    assert descriptors_of(pid) <= before


@pytest.mark.attack(227)
def test_a_page_is_not_told_what_cards_there_are_by_what_cannot_be_paid(wallet: TestWallet) -> None:
    token = Shop().asks(int(time.time()))
    params = {"request": token, "order": f"order-1#{hashlib.sha256(token.encode()).hexdigest()[:16]}"}
    gesture = {"gesture": True, "leave": True}
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        before = len(wallet.user.shown())

        def error(call: int, asked: dict[str, str], **members: object) -> dict[str, str]:
            host.say("call", frame=1, id=call, method="payment/1.pay", params=asked, **members)
            answer: dict[str, str] = host.answer(call)["error"]
            return answer

        asked_for_none = "the user would have to be asked"
        assert error(2, params, quiet=True, **gesture) == {"code": "denied", "message": asked_for_none}
        untouched = error(3, params)
        assert untouched["code"] == "denied"
        assert untouched["message"].startswith(f"{asked_for_none}; for this page nobody is, without a click")
        touched = error(4, params, **gesture)
        assert touched["code"] == "conflict"
        assert "card" not in touched["message"]
        assert "does not name this payment request" in error(5, {**params, "order": "other"})["message"], (
            "its own fault"
        )
        assert len(wallet.user.shown()) == before
    assert on_record(wallet, "payment/1.pay", "no card of this wallet can pay that", newest=4)


@pytest.mark.attack(188)
@pytest.mark.parametrize(
    "params",
    [
        b"[]",
        b"null",
        b"5",
        b'{"limit":100000000000000000000}',
        b'{"text":"a","text":"b"}',
        b'{"deep":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
    ids=["list", "null", "number", "integer", "twice", "deep"],
)
def test_params_that_the_protocol_does_not_take_are_their_own_calls_fault_alone(
    wallet: TestWallet, params: bytes
) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        for number in range(20):  # more than a Router takes of lines that are none
            frame = b'{"do":"call","frame":1,"id":%d,"method":"payment/1.find","params":%b}'
            host.send(frame % (100 + number, params))
            assert host.answer(100 + number)["error"]["code"] == "invalid_params"
        host.say("call", frame=1, id=2, method="payment/1.find", params={})
        assert host.answer(2)["result"] == {"payments": []}


@pytest.mark.attack(209)
def test_one_page_fills_the_drawer_of_receipts_for_no_other(wallet: TestWallet) -> None:
    nobodys = Shop(SHOP)
    with HostEnd(wallet) as host:
        pair(host, wallet)
        calls = itertools.count(100)

        def file(frame: int) -> dict[str, Any]:
            call = next(calls)
            params = {"receipt": nobodys.receipt(b"q" * 32, id=f"r-{call}")}
            host.say("call", frame=frame, id=call, method="receipt/1.file", params=params, gesture=True, leave=True)
            return host.answer(call)

        for frame in range(4):
            opened(host, frame, f"https://shop{frame}.example")
            answers = [file(frame) for _ in range(51)]
            assert all("result" in answer for answer in answers[:50]), answers
            assert "that shop" in answers[50]["error"]["message"]
        opened(host, 4, "https://shop4.example")
        assert "no more are taken" in file(4)["error"]["message"], "of all together 200"


@pytest.mark.attack(187)
def test_params_on_two_lines_are_no_second_request_of_the_door(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        second = b'{"jsonrpc":"2.0","id":9,"method":"wallet/1.lock","params":{}}'
        host.send(b'{"do":"call","frame":1,"id":2,"method":"payment/1.find","params":{"text":\n%b\n}}' % second)
        assert host.answer(2)["result"] == {"payments": []}
        host.say("call", frame=1, id=3, method="payment/1.find", params={})
        assert host.answer(3)["result"] == {"payments": []}
    with wallet.connect() as client:
        assert client.call(wallet_interface.Status()).state == "unlocked"


@pytest.mark.attack(193)
def test_no_page_is_told_a_number_by_which_two_sites_would_know_one_visitor(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        host.say("call", frame=1, id=2, method="payment/1.show", params={"payment": f"r1.{'A' * 24}"})
        assert host.answer(2)["error"].keys() == {"code", "message"}
    assert allowed.told(b'{"network":"x","decision":"d-1"}') == b'{"network":"x"}'


@pytest.mark.attack(188)
def test_a_frame_has_so_many_calls_at_once(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        wallet.user.waits()
        numbers = range(100, 200)
        for number in numbers:
            host.say(
                "call", frame=1, id=number, method="receipt/1.file", params={"receipt": "x"}, gesture=True, leave=True
            )
        answers = [host.hear() for _ in numbers]
        codes = [answer["error"]["code"] for answer in answers if answer is not None]
        assert codes.count("too_many") > 0
        assert codes.count("invalid_params") >= MAX_CALLS_OF_FRAME
    wallet.user.forgets()
    wallet.user.approves()
    wait_until(lambda: any(BANK in one for one in reports(wallet, "of a page that had too many waiting")))


@pytest.mark.attack(225)
def test_a_login_that_a_page_wants_out_of_the_blue_is_not_looked_for_and_that_is_on_record(wallet: TestWallet) -> None:
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        shown = len(wallet.user.shown())
        for number, how in enumerate(({}, {"gesture": True}, {"leave": True}), start=10):
            host.say("fill", frame=1, id=number, what="login", page=True, **how)
            assert host.answer(number)["error"]["code"] == "denied"
        assert len(wallet.user.shown()) == shown
    wallet.user.approves()
    wait_until(lambda: any(BANK in one for one in reports(wallet, "of a page that wanted a login")))
    with wallet.connect() as client:
        assert not [one for one in client.call(shell.Audit(limit=20)).records if one.action == "secret/1.login"]


@pytest.mark.attack(226)
def test_a_no_that_waits_to_be_told_to_a_page_is_given_up_with_its_call_and_with_the_lock(wallet: TestWallet) -> None:
    fill = {"frame": 1, "what": "login", "page": True, "gesture": True, "leave": True}
    with HostEnd(wallet) as host:
        pair(host, wallet)
        opened(host)
        began = time.monotonic()
        for number in (10, 11):
            host.say("fill", id=number, **fill)
        host.say("cancel", id=10)
        assert host.answer(11)["error"]["code"] == "not_now"
        assert time.monotonic() - began >= 2.0
        host.say("fill", id=12, **fill)
        wallet.lock()
        assert host.answer(12)["error"]["code"] == "locked"
        wallet.unlock()
