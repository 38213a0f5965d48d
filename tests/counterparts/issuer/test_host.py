"""The host as a process, over TCP: what it answers, what it closes, and what it outlives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from bench.acquirer import MASTER, AcquirerLine, RunningHost, pan, profile, running_host
from bench.postgres import Cluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyemv import tlv
from sqlalchemy import Engine
from tests.counterparts.hostile_lines import ECHO, MALFORMED, is_left_alone
from tests.counterparts.issuer.books import asked, complete, hold, pay, reverse
from tests.counterparts.trade import Trade
from tests.standards.iso8583.messages import messages

from etui.counterparts.books import open_books
from etui.counterparts.issuer import differences, enrol, find, prepare
from etui.standards.iso8583 import (
    Message,
    NetworkResponse,
    TransactionResponse,
    encode_message,
    frame,
)


@pytest.fixture
def host(trade: Trade) -> RunningHost:
    """A host that nobody has asked anything yet, with the cards 0 to 7, on each kind of database."""
    return trade.issuer


@pytest.fixture
def engine(trade: Trade) -> Engine:
    """Its books."""
    return trade.issuer_engine


@pytest.fixture(scope="module")
def sqlite_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """A host that is asked what is no good, and one payment again and again."""
    folder = tmp_path_factory.mktemp("host")
    engine = open_books(f"sqlite:///{folder}/books.db")
    prepare(engine)
    enrol(engine, profile(1))
    engine.dispose()
    with running_host(f"sqlite:///{folder}/books.db", folder) as running:
        yield running


def response(message: Message) -> TransactionResponse:
    assert isinstance(message, TransactionResponse)
    return message


def lives(host: RunningHost) -> bool:
    with host.line() as line:
        answer = line.ask(ECHO)
    return host.process.poll() is None and answer == NetworkResponse(
        transmitted="1126185000", stan="000001", information="301", response_code="00"
    )


def test_payment_over_a_line_is_answered_with_the_issuers_proof(host: RunningHost, engine: Engine) -> None:
    request = pay(1, 1)
    with host.line() as line:
        answer = response(line.ask(request))
        assert response(line.ask(request)) == answer
    (one,) = asked(request)
    assert (answer.response_code, len(answer.approval)) == ("00", 6)
    assert answer.icc == one.answer("00", answer.approval).icc != b""
    assert find(engine, pan(1)).balance_minor == 998_750


def test_declined_card_gets_the_proof_too_and_a_forged_one_gets_none(host: RunningHost) -> None:
    with host.line() as line:
        declined = response(line.ask(pay(1, 1, amount_minor=60_000)))
        assert (declined.response_code, tlv.decode(declined.icc)["8A"]) == ("61", b"61")
        forged = response(line.ask(pay(1, 2, icc=pay(2, 2).icc)))
        assert (forged.response_code, forged.icc) == ("82", b"")


def test_whole_story_of_a_pump_over_one_line(host: RunningHost, engine: Engine) -> None:
    held = hold(1, 1, 10_000)
    with host.line() as line:
        answers = [response(line.ask(each)) for each in (held, complete(held, 4_321), pay(1, 3), reverse(pay(1, 3)))]
    assert [(answer.MTI, answer.response_code) for answer in answers] == [
        ("0110", "00"), ("0230", "00"), ("0210", "00"), ("0430", "00"),
    ]  # fmt: skip
    assert answers[0].approval == answers[1].approval
    assert find(engine, pan(1)).balance_minor == 995_679
    assert differences(engine) == []


def test_many_messages_in_one_piece_are_all_answered(host: RunningHost, engine: Engine) -> None:
    requests = [pay(1 + stan % 5, stan) for stan in range(1, 301)]
    with host.line() as line:
        line.send(*requests)
        answers = [response(line.answer()) for _ in requests]
    assert {answer.stan for answer in answers} == {request.stan for request in requests}
    assert {answer.response_code for answer in answers} == {"00"}
    assert differences(engine) == []


def test_host_that_commits_each_decision_alone_answers_all(address: str, tmp_path: Path) -> None:
    engine = open_books(address)
    prepare(engine)
    for number in range(1, 6):
        enrol(engine, profile(number))
    requests = [pay(1 + stan % 5, stan) for stan in range(1, 41)]
    with running_host(address, tmp_path, "--together", "1") as host, host.line() as line:
        line.send(*requests)
        assert {response(line.answer()).response_code for _ in requests} == {"00"}
    assert sum(find(engine, pan(number)).balance_minor for number in range(1, 6)) == 5_000_000 - 40 * 1250
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.attack(130)
def test_other_end_that_does_not_read_holds_up_nobody_else(sqlite_host: RunningHost) -> None:
    assert is_left_alone(sqlite_host)
    assert lives(sqlite_host)


@pytest.mark.attack(130)
@pytest.mark.parametrize("name", MALFORMED)
def test_line_that_sends_what_is_no_message_is_closed_after_what_it_asked_before(
    sqlite_host: RunningHost, name: str
) -> None:
    with sqlite_host.line() as line:
        line.send(ECHO)
        assert isinstance(line.answer(), NetworkResponse)
        line.socket.sendall(frame(encode_message(pay(1, 1))))
        line.socket.sendall(MALFORMED[name])
        assert response(line.answer()).response_code == "00"
        with pytest.raises(ConnectionError):
            line.answer()
    assert lives(sqlite_host)


@pytest.mark.attack(130)
def test_line_that_is_cut_within_a_message_is_closed(sqlite_host: RunningHost) -> None:
    with sqlite_host.line() as line:
        line.socket.sendall(frame(encode_message(pay(1, 1)))[:40])
        line.socket.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError):
            line.answer()
    assert lives(sqlite_host)


@pytest.mark.attack(130)
def test_response_that_nobody_asked_for_is_passed_over(sqlite_host: RunningHost) -> None:
    answer = NetworkResponse(transmitted="1126185000", stan="000001", information="301", response_code="00")
    with sqlite_host.line() as line:
        line.send(answer)
        assert line.ask(ECHO) == answer


@pytest.mark.attack(130)
def test_no_sequence_of_messages_or_bytes_ends_the_host(sqlite_host: RunningHost) -> None:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(messages.map(lambda one: frame(encode_message(one))) | st.binary(max_size=80), max_size=6))
    def play(pieces: list[bytes]) -> None:
        with sqlite_host.line() as line:
            try:
                line.socket.sendall(b"".join(pieces))
                line.socket.shutdown(socket.SHUT_WR)
                while line.socket.recv(65_536):
                    pass
            except ConnectionError:
                pass
        assert sqlite_host.process.poll() is None

    play()
    assert lives(sqlite_host)


@pytest.mark.attack(130)
def test_more_lines_than_may_be_are_refused_and_others_are_served(sqlite_host: RunningHost) -> None:
    open_lines: list[AcquirerLine] = []
    try:
        refused = 0
        for _ in range(1030):
            line = sqlite_host.line()
            open_lines.append(line)
            if len(open_lines) > 1024:
                line.socket.settimeout(10)
                refused += line.socket.recv(1) == b""
        assert refused == 6
        assert isinstance(open_lines[0].ask(ECHO), NetworkResponse)
    finally:
        for line in open_lines:
            line.close()


def test_host_that_is_told_to_stop_answers_what_came_first(address: str, tmp_path: Path) -> None:
    engine = open_books(address)
    prepare(engine)
    for number in range(1, 6):
        enrol(engine, profile(number))
    requests = [pay(1 + stan % 5, stan) for stan in range(1, 101)]
    with running_host(address, tmp_path) as host, host.line() as line:
        line.send(*requests)
        first = response(line.answer())
        host.process.send_signal(signal.SIGTERM)
        answers = [first]
        try:
            while True:
                answers.append(response(line.answer()))
        except ConnectionError:
            pass
        assert host.process.wait(20) == 0
    posted = 5_000_000 - sum(find(engine, pan(number)).balance_minor for number in range(1, 6))
    assert posted == 1250 * len(answers)
    engine.dispose()


@pytest.mark.attack(132)
def test_payments_over_many_lines_and_workers_fit_under_one_balance(postgresql: Cluster, tmp_path: Path) -> None:
    address = postgresql.new_books()
    engine = open_books(address)
    prepare(engine)
    enrol(engine, profile(1, opening_minor=10_000))
    with running_host(address, tmp_path, "--workers", "3") as host:
        lines = [host.line() for _ in range(12)]
        for number, line in enumerate(lines):
            line.send(*(pay(1, 1 + number + 12 * at) for at in range(4)))
        codes = [response(line.answer()).response_code for line in lines for _ in range(4)]
        for line in lines:
            line.close()
    assert set(codes) <= {"00", "51", "83"}
    assert codes.count("00") <= 8
    assert find(engine, pan(1)).balance_minor == 10_000 - 1250 * codes.count("00")
    assert differences(engine) == []
    engine.dispose()


def test_worker_that_ended_is_started_again_and_all_end_with_who_started_them(
    postgresql: Cluster, tmp_path: Path
) -> None:
    with running_host(postgresql.new_books(), tmp_path, "--workers", "2") as host:
        wait_until(lambda: len(children(host.process.pid)) == 2)
        first = children(host.process.pid)[0]
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: first not in (now := children(host.process.pid)) and len(now) == 2)
        for _ in range(8):
            assert lives(host)
        workers = children(host.process.pid)
        host.kill()
        wait_until(lambda: not any(cmdline(pid) for pid in workers))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_database_that_went_away_for_a_moment_is_waited_for(postgresql: Cluster, tmp_path: Path) -> None:
    address = postgresql.new_books()
    engine = open_books(address)
    prepare(engine)
    enrol(engine, profile(1))
    with running_host(address, tmp_path) as host, host.line() as line:
        assert response(line.ask(pay(1, 1))).response_code == "00"
        with psycopg.connect(host=str(postgresql.folder), user=postgresql.user, dbname="postgres") as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        assert response(line.ask(pay(1, 2))).response_code == "00"
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.attack(129)
def test_key_is_in_no_log_command_line_environment_or_book(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/books.db"
    engine = open_books(address)
    prepare(engine)
    enrol(engine, profile(1))
    reads, writes = os.pipe()
    os.write(writes, MASTER.hex().encode())
    os.close(writes)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "etui.counterparts.issuer", "--db", address, "--port", "0", "--imk-fd", str(reads)],
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[reads],
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        )
    os.close(reads)
    try:
        assert process.stdout is not None
        with process.stdout as out:
            port = int(out.readline().rpartition(":")[2])
        with AcquirerLine(port) as line:
            assert response(line.ask(pay(1, 1))).response_code == "00"
            line.socket.sendall(b"\0\0")
            with pytest.raises(ConnectionError):
                line.answer()
        proc = Path(f"/proc/{process.pid}")
        seen = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    finally:
        process.terminate()
        process.wait(20)
    engine.dispose()
    for file in tmp_path.iterdir():
        seen += file.read_bytes()
    assert b"a line is closed" in seen
    for secret in (MASTER, MASTER.hex().encode(), MASTER.hex().upper().encode()):
        assert secret not in seen
    assert pan(1).encode() not in (tmp_path / "log").read_bytes()
