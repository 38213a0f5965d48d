"""`etui run --use` and the SDK: answers of any length, as they come."""

from __future__ import annotations

import hashlib
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.cli.etui import wait_until
from tests.doors.proxy.lent import BEARER, answered, curl, in_python, keep, lent
from tests.doors.proxy.service import LONG, NAME, Service

from etui.testkit import TestWallet

DIGEST = hashlib.sha256(LONG).hexdigest()
OPENED = f"""
    import json, os, subprocess, sys, urllib.request
    def opened(path):
        headers = {{"Authorization": "Bearer " + os.environ["TOKEN"]}}
        return urllib.request.urlopen(urllib.request.Request("https://{NAME}" + path, headers=headers), timeout=60)
"""
WITH_SDK = f"""
    import asyncio, hashlib, sys
    from etui.interfaces import secret_1 as secret
    from etui.sdk import Client, RemoteError
    from etui.sdk.aio import AsyncClient
    from etui.sdk.web import HERE, WebRequest
    def asking(path):
        return WebRequest("GET", "https://{NAME}" + path, {{"Authorization": "Bearer " + HERE}})
"""


def by_sdk(wallet: TestWallet, code: str, name: str = "reads") -> str:
    """What a script says that speaks to the wallet by itself; one of another name is another Client."""
    script = wallet.folder / f"{name}.py"
    script.write_text(textwrap.dedent(WITH_SDK) + textwrap.dedent(code), encoding="utf-8")
    result = wallet.run(sys.executable, str(script))
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("options", ["", "-0"])
@pytest.mark.parametrize("header", [BEARER, "X-No: token"], ids=["token", "no token"])
def test_a_long_answer_comes_whole(wallet: TestWallet, options: str, header: str) -> None:
    assert answered(wallet, curl("/flow/long", options, header=header) + " | sha256sum").split()[0] == DIGEST


def test_no_length_is_promised_where_a_mask_may_change_it(wallet: TestWallet) -> None:
    for header in (BEARER, "X: 1"):
        said = answered(wallet, curl("/flow/long", "-D - -o /dev/null", header=header)).lower()
        assert "transfer-encoding: chunked" in said
        assert "content-length" not in said


def test_a_connection_goes_on_behind_a_long_answer(wallet: TestWallet, service: Service) -> None:
    url = f"https://{NAME}"
    script = f'curl -sS -m 60 -w "%{{num_connects}}" -H "{BEARER}" {url}/flow/long -o /dev/null {url}/me'
    assert answered(wallet, script) == "1ada0"
    assert len(service.asked) == 2


def test_an_event_is_read_before_the_next_one_is_sent(wallet: TestWallet) -> None:
    program = (
        OPENED
        + """
    events = opened("/flow/events")
    for number in range(2):
        print(events.readline().decode().strip(), flush=True)
        events.readline()
        opened("/go-on").read()
    print("end" if not events.read() else "more")
"""
    )
    assert in_python(wallet, program).split("\n") == ["data: 0", "data: 1", "end", ""]


@pytest.mark.parametrize("path", ["/flow/endless", "/flow/silent"])
def test_a_program_that_hangs_up_ends_the_connection_to_the_service(
    wallet: TestWallet, service: Service, path: str
) -> None:
    program = (
        OPENED
        + f"""
    answer = opened("{path}")
    answer.read(8)
    answer.close()
    print(opened("/is-gone").read().decode(), end="")
"""
    )
    assert in_python(wallet, program) == "yes"
    assert service.gone.is_set()


def test_what_a_program_does_not_read_is_not_fetched(wallet: TestWallet, service: Service) -> None:
    before = service.sent
    program = (
        OPENED
        + """
    answer = opened("/flow/endless")
    answer.read(8)
    sent = -1
    while (now := int(opened("/sent-so-far").read())) != sent:
        sent = now
    print(sent, end="")
"""
    )
    held = int(in_python(wallet, program)) - before
    assert held < 64 << 20
    assert service.gone.wait(60)


def test_a_request_that_is_sent_while_an_answer_comes_is_answered_after_it(wallet: TestWallet) -> None:
    program = (
        OPENED
        + f"""
    import base64, socket, ssl
    from urllib.parse import urlsplit
    proxy = urlsplit(os.environ["HTTPS_PROXY"])
    key = base64.b64encode(f"{{proxy.username}}:{{proxy.password}}".encode()).decode()
    sock = socket.create_connection((proxy.hostname, proxy.port), 60)
    head = ["CONNECT {NAME}:443 HTTP/1.1", "Host: {NAME}", f"Proxy-Authorization: Basic {{key}}", "", ""]
    sock.sendall("\\r\\n".join(head).encode())
    assert b" 200 " in sock.recv(4096)
    tls = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]).wrap_socket(sock, server_hostname="{NAME}")
    def ask(path):
        head = [f"GET {{path}} HTTP/1.1", "Host: {NAME}", f"Authorization: Bearer {{os.environ['TOKEN']}}", "", ""]
        tls.sendall("\\r\\n".join(head).encode())
    def until(end, got=b""):
        while end not in got:
            got += tls.recv(4096) or sys.exit("it ended")
        return got
    ask("/flow/events")
    until(b"data: 0")
    ask("/me")
    opened("/go-on")
    opened("/go-on")
    got = until(b"ada", until(b"data: 1"))
    ask("/me")
    print(len(until(b"ada")) > 0, got.index(b"0\\r\\n\\r\\n") < got.index(b"ada"))
"""
    )
    assert in_python(wallet, program) == "True True\n"


@pytest.mark.parametrize("options", ["", "-0"])
@pytest.mark.parametrize("header", [BEARER, "X-No: token"], ids=["token", "no token"])
def test_an_answer_that_breaks_off_ends_no_connection_cleanly(wallet: TestWallet, options: str, header: str) -> None:
    result = lent(wallet, curl("/flow/broken", options, "-o /dev/null", header=header))
    assert result.returncode in {18, 56}, result.stderr  # of curl: a part of the file; nothing received any more
    assert f"an answer of {NAME} broke off" in result.stderr


def test_one_that_breaks_off_is_told_from_a_whole_one_by_a_program_without_tls_and_chunks(wallet: TestWallet) -> None:
    keep(wallet, "Bared", "--variable", "KEY", "--base-url", "SERVICE_URL")
    ask = 'curl -sS -0 -m 60 --noproxy "*" -o /dev/null -H "Authorization: Bearer $KEY" "$SERVICE_URL/flow'
    assert lent(wallet, f'{ask}/broken"', use="bared").returncode == 56
    assert lent(wallet, f'{ask}/long"', use="bared").returncode == 0


def test_the_lock_ends_what_is_being_read(wallet: TestWallet, service: Service) -> None:
    program = (
        OPENED
        + """
    events = opened("/flow/events")
    print(events.readline().decode().strip(), flush=True)
    subprocess.run([sys.executable, "-I", "-m", "etui.cli", "lock"], check=True, stdout=subprocess.DEVNULL)
    try:
        events.read()
    except Exception as error:
        print(type(error).__name__)
    else:
        print("a clean end")
"""
    )
    try:
        said = in_python(wallet, program)
    finally:
        service.go_on.release()
        service.go_on.release()
        wallet.unlock()
    assert said.split()[:2] == ["data:", "0"]
    assert said.split()[2] in {"IncompleteRead", "ConnectionResetError"}


def test_a_program_with_the_sdk_reads_on_by_itself(wallet: TestWallet) -> None:
    code = """
        def main():
            digest = hashlib.sha256()
            with Client.connect() as wallet:
                (item,) = wallet.call(secret.Find(text="token")).items
                with wallet.stream(asking("/flow/long"), use=item.item) as answer:
                    for part in answer:
                        assert part
                        digest.update(part)
            return answer.status, digest.hexdigest()
        async def later():
            digest = hashlib.sha256()
            wallet = await AsyncClient.connect()
            (item,) = (await wallet.call(secret.Find(text="token"))).items
            async with wallet.stream(asking("/flow/long"), use=item.item) as answer:
                async for part in answer:
                    digest.update(part)
            async with wallet.stream(asking("/flow/silent"), use=item.item) as answer:
                assert await anext(aiter(answer)) == b"data: 0\\n\\n"
            gone = await wallet.fetch(asking("/is-gone"), use=item.item)
            wallet.close()
            return answer.status, digest.hexdigest(), gone.body
        print(*main(), *asyncio.run(later()))
    """
    assert by_sdk(wallet, code) == f"200 {DIGEST} 200 {DIGEST} b'yes'"


def test_many_that_wait_for_what_a_service_says_keep_nobody_from_being_served(wallet: TestWallet) -> None:
    """Two Clients read as many as they may; what they, and others, ask for beside them is answered."""
    waiting = [wallet.folder / f"waiting-{number}" for number in range(2)]
    done = wallet.folder / "done"
    waits = f"""
        from contextlib import AsyncExitStack
        from pathlib import Path
        async def to_its_end(answer):
            async for _ in answer:
                pass
        async def main():
            wallet = await AsyncClient.connect()
            (item,) = (await wallet.call(secret.Find(text="token"))).items
            async with AsyncExitStack() as stack:
                silent = [
                    await stack.enter_async_context(wallet.stream(asking("/flow/silent"), use=item.item))
                    for _ in range(8)
                ]
                reading = [asyncio.create_task(to_its_end(one)) for one in silent]
                async with wallet.stream(asking("/me"), use=item.item) as beside:
                    said = beside.status, beside.ended
                Path(sys.argv[0]).with_suffix(".waits").touch()
                while not Path("{done}").exists():
                    await asyncio.sleep(0.02)
                for task in reading:
                    task.cancel()
            wallet.close()
            print(*said)
        asyncio.run(main())
    """
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(by_sdk, wallet, waits, path.name) for path in waiting]
        try:
            for path, one in zip(waiting, running, strict=True):
                wait_until(lambda: path.with_suffix(".waits").exists() or one.done())  # noqa: B023  # called at once
            assert answered(wallet, curl("/me") + " " + f"https://{NAME}/me") == "adaada"
        finally:
            done.touch()
        assert [one.result() for one in running] == ["200 True"] * 2


@pytest.mark.attack(116)
def test_a_handle_is_unknown_to_another_client_for_another_item_and_once_it_was_used(
    wallet: TestWallet, service: Service
) -> None:
    keep(wallet, "Second")
    handed, tried = wallet.folder / "handed", wallet.folder / "tried"
    steals = f"""
        from pathlib import Path
        with Client.connect() as wallet:
            (item,) = wallet.call(secret.Find(text="token")).items
            rest = Path("{handed}").read_text()
            wallet.call(secret.FetchDrop(item=item.item, rest=rest))
            try:
                print(wallet.call(secret.FetchMore(item=item.item, rest=rest)))
            except RemoteError as error:
                print(error.code.slug, wallet.greeting.client)
    """
    reads = f"""
        import time
        from etui.sdk.web import fetch_of
        from pathlib import Path
        def refused(item, rest):
            try:
                wallet.call(secret.FetchMore(item=item, rest=rest))
            except RemoteError as error:
                return error.code.slug
        with Client.connect() as wallet:
            (item,) = wallet.call(secret.Find(text="token")).items
            (other,) = wallet.call(secret.Find(text="second")).items
            began = wallet.call(fetch_of(asking("/flow/long"), item.item, stream=True))
            Path("{handed}.new").write_text(began.rest)
            Path("{handed}.new").rename("{handed}")
            while not Path("{tried}").exists():
                time.sleep(0.02)
            said = [wallet.greeting.client, refused(other.item, began.rest), refused(item.item, "0" * 32)]
            part = wallet.call(secret.FetchMore(item=item.item, rest=began.rest))
            said.append(refused(item.item, began.rest))
            whole = began.body + part.body
            while part.rest:
                part = wallet.call(secret.FetchMore(item=item.item, rest=part.rest))
                whole += part.body
            print(*said, hashlib.sha256(whole).hexdigest())
    """
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(by_sdk, wallet, reads)
        wait_until(lambda: handed.exists() or reading.done())
        thief = by_sdk(wallet, steals, "steals")
        tried.touch()
        found = reading.result()
    client, *refusals, digest = found.split()
    assert refusals == ["unknown_item"] * 3
    assert digest == DIGEST
    code, other = thief.split()
    assert code == "unknown_item"
    assert other != client
    assert len(service.asked) == 1
