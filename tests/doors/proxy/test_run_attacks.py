"""What is tried with a placeholder, a proxy's key, a request of two readings and a service that echoes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.cli.etui import ETUI, done, told, wait_until
from tests.doors.proxy.lent import BEARER, answered, curl, in_python, keep, lent, why
from tests.doors.proxy.service import NAME, OTHER, TOKEN, Service

from etui.testkit import TestWallet

_TUNNEL = f"""
    import base64, os, socket, ssl
    from urllib.parse import urlsplit
    proxy = urlsplit(os.environ["HTTPS_PROXY"])
    key = base64.b64encode(f"{{proxy.username}}:{{proxy.password}}".encode()).decode()
    sock = socket.create_connection((proxy.hostname, proxy.port), 30)
    head = ["CONNECT {NAME}:443 HTTP/1.1", "Host: {NAME}", f"Proxy-Authorization: Basic {{key}}", "", ""]
    sock.sendall("\\r\\n".join(head).encode())
    assert b" 200 " in sock.recv(4096)
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    tls = context.wrap_socket(sock, server_hostname="{NAME}")
    tls.sendall("\\r\\n".join(LINES).replace("TOKEN", os.environ["TOKEN"]).encode())
    print(tls.recv(4096).decode(), end="")
"""
HOST = f"Host: {NAME}"
_ECHOES = ("body", "header", "gzip", "base64", "lines", "entities", "chunks")


@pytest.mark.attack(78)
def test_another_host_gets_nothing_and_that_is_on_record(wallet: TestWallet, service: Service) -> None:
    for host in (OTHER, f"{NAME}.example.org", "xn--api-etui-test.example.org"):
        result = lent(wallet, curl("/me", "-v", host=host))
        assert result.returncode != 0
        assert "403" in result.stderr
    assert service.asked == []
    denied = [row for row in told(wallet, "audit") if row["outcome"] == "denied"]
    assert len(denied) == 3
    assert OTHER in "".join(done(wallet, "why", row["id"]) for row in denied)


@pytest.mark.attack(78)
def test_a_redirect_to_another_host_is_followed_by_nobody(wallet: TestWallet, service: Service) -> None:
    result = lent(wallet, curl("/away", "-L", "--location-trusted"))
    assert result.returncode != 0
    assert [one.path for one in service.asked] == ["/away"]


@pytest.mark.attack(77)
@pytest.mark.parametrize(
    "sent",
    [
        curl("/me", header="X-Api-Key: $TOKEN"),
        curl("/sent", "--data", '"key=$TOKEN"', header="Accept: text/plain"),
        curl("/me?key=$TOKEN", header="Accept: text/plain"),
        curl("/sent", "--data", '"key=$TOKEN"'),
        f'curl -sS -m 60 -H "{BEARER}" -H "Cookie: $TOKEN" https://{NAME}/me',
    ],
    ids=["header", "body", "address", "body too", "cookie too"],
)
def test_a_placeholder_elsewhere_is_refused_and_on_record(wallet: TestWallet, service: Service, sent: str) -> None:
    said = answered(wallet, sent)
    assert "the placeholder stands in" in said
    assert service.asked == []
    assert "It was allowed, and then it failed." in why(wallet, said)


@pytest.mark.attack(77)
def test_methods_and_paths_that_the_item_does_not_name_are_refused(wallet: TestWallet, service: Service) -> None:
    keep(wallet, "Narrow", "--method", "GET", "--path", "/me")
    assert answered(wallet, curl("/me"), use="narrow=TOKEN") == "ada"
    for request in (
        curl("/me", "-X", "DELETE"),
        curl("/men"),
        curl("/me/../sent", "--path-as-is"),
        curl("/me/%2e%2e/sent", "--path-as-is"),
        curl("/me/%252e%252e/sent", "--path-as-is"),
        curl("//me", "--path-as-is"),
    ):
        said = answered(wallet, request, use="narrow=TOKEN")
        assert "the item does not name" in said
        assert "the item does not name" in why(wallet, said)
    assert len(service.asked) == 1


@pytest.mark.attack(107)
def test_a_method_or_path_that_only_the_service_reads_out_of_a_request_is_refused(
    wallet: TestWallet, service: Service
) -> None:
    keep(wallet, "Narrower", "--method", "GET", "--method", "POST", "--path", "/me")
    fine = curl("/me", "-X", "POST", "-d", "shipping_method=post", "-H", "'X-Api-Version: 2'")
    assert answered(wallet, fine, use="narrower=TOKEN") == "ada"
    paths = ("..;", "..%3Bv=1", "..%00", "..%20", "...", "%c0%ae%c0%ae", "%ef%bc%8e%ef%bc%8e", "x%ef%bc%8f..", ";")
    headers = ("X-HTTP-Method-Override: DELETE", "X_HTTP_Method: DELETE", "X-Original-URL: /sent", "x-rewrite-url: /")
    bodies = ("_method=DELETE", "a=b&%5fMETHOD=DELETE", '{"\\u005fmethod": "DELETE"}')
    requests = [curl(f"/me/{path}/sent", "--path-as-is") for path in paths]
    requests += [curl("/me", "-X", "POST", "-H", f"'{header}'") for header in headers]
    requests += [curl("/me", "-d", f"'{body}'") for body in bodies]
    script = "; echo; ".join([*requests, curl("/me?_method=DELETE", "-X", "POST")])
    said = [line for line in answered(wallet, script, use="narrower=TOKEN").splitlines() if "the item does not" in line]
    assert len(said) == len(requests) + 1
    assert len(service.asked) == 1


@pytest.mark.attack(79)
def test_another_program_of_the_same_user_is_not_served(wallet: TestWallet, service: Service, tmp_path: Path) -> None:
    environ, go_on = tmp_path / "environ", tmp_path / "go"
    told_it = f"cp /proc/self/environ {environ}.new; mv {environ}.new {environ}"
    script = f"{told_it}; while [ ! -e {go_on} ]; do sleep 0.05; done; {curl('/me')}"
    command = [*ETUI, "run", "--use", "token", "--", "sh", "-c", script]
    run = subprocess.Popen(command, env=wallet.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(environ.exists)
        stolen = dict(pair.split("=", 1) for pair in environ.read_text().split("\0") if "=" in pair)
        assert "HTTP/1.1 403" in _as(stolen, curl("/me", "-v")).stderr
        assert service.asked == []
        go_on.touch()
        said, noted = run.communicate(timeout=60)
    finally:
        run.kill()
        run.communicate()
    assert said == "ada"
    assert "a program that this run did not start" in noted
    assert _as(stolen, curl("/me")).returncode != 0  # the run has ended, and nobody listens any more
    assert len(service.asked) == 1


def _as(environ: dict[str, str], script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.attack(79)
def test_a_key_that_is_not_this_run_s_opens_nothing(wallet: TestWallet, service: Service) -> None:
    for proxy in ("http://run:wrong@", "http://"):
        result = lent(wallet, curl("/me", "-v", "-x", f'"{proxy}${{HTTPS_PROXY##*@}}"'))
        assert result.returncode != 0
        assert "407" in result.stderr
        plainly = f'curl -sS -m 60 -v -x "{proxy}${{HTTP_PROXY##*@}}" -H "{BEARER}" http://{NAME}/me'
        assert "407" in lent(wallet, plainly).stderr
    script = f'curl -sS -m 60 --noproxy "*" "http://${{HTTPS_PROXY##*@}}/wrong/{NAME}/me"'
    assert "its address holds the key" in answered(wallet, script)
    assert service.asked == []


@pytest.mark.attack(79)
def test_the_token_is_in_nothing_that_the_command_or_the_proxy_can_read(wallet: TestWallet, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    files = "/proc/$PPID/environ /proc/$PPID/cmdline /proc/$$/environ"
    assert answered(wallet, f"{curl('/me')}; cat {files} > {seen}") == "ada"
    assert b"etui-" in seen.read_bytes()
    assert TOKEN.encode() not in seen.read_bytes()
    assert TOKEN not in str(told(wallet, "audit"))


@pytest.mark.attack(80)
@pytest.mark.parametrize(
    "lines",
    [
        ["GET /me HTTP/1.1", f"Host: {OTHER}"],
        ["GET /me HTTP/1.1", HOST, f"Host: {OTHER}"],
        [f"GET https://{OTHER}/me HTTP/1.1", HOST],
        ["POST /sent HTTP/1.1", HOST, "Content-Length: 4", "Content-Length: 30", "", "abcd"],
        ["POST /sent HTTP/1.1", HOST, "Content-Length: 4", "Transfer-Encoding: identity, chunked", "", "0", ""],
        ["GET /me HTTP/1.1", HOST, "X : a"],
        ["GET /me HTTP/1.1", HOST, "X: a\r b"],
        ["GET /me HTTP/1.1", HOST, "X: a\0b"],
        ["CONNECT other.etui.test:443 HTTP/1.1", HOST],
        ["OPTIONS /me HTTP/1.1", HOST],
    ],
)
def test_a_request_that_could_be_read_in_two_ways_goes_nowhere(
    wallet: TestWallet, service: Service, lines: list[str]
) -> None:
    whole = [lines[0], "Authorization: Bearer TOKEN", *lines[1:], "", ""]
    said = in_python(wallet, _TUNNEL.replace("LINES", repr(whole)))
    assert said[9:12] in {"", "400", "403"}, said
    assert service.asked == []


@pytest.mark.attack(80)
def test_what_is_sent_behind_a_request_is_a_request_of_its_own(wallet: TestWallet, service: Service) -> None:
    lines = ["GET /me HTTP/1.1", HOST, "Connection: X-Own", "X-Own: 1", "Upgrade: websocket", "", "", "", ""]
    said = in_python(wallet, _TUNNEL.replace("LINES", repr(lines)))
    assert said[9:12] == "401"
    (asked,) = service.asked
    assert not {"x-own", "upgrade", "connection"} & asked.headers.keys()


@pytest.mark.attack(80)
def test_an_address_that_is_none_is_answered_and_goes_nowhere(wallet: TestWallet) -> None:
    program = """
        import base64, os, socket
        from urllib.parse import urlsplit
        proxy = urlsplit(os.environ["HTTP_PROXY"])
        key = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        for line in ("GET http://[x/", "GET http://x:99999/", "GET http://x:0/", "GET ftp://x/", "CONNECT x:99999",
                     "CONNECT x", "CONNECT :443", "CONNECT [::1]:1e3", "GET http://", "GET http:x"):
            with socket.create_connection((proxy.hostname, proxy.port), 30) as sock:
                head = [f"{line} HTTP/1.1", "Host: x", f"Proxy-Authorization: Basic {key}", "Connection: close", "", ""]
                sock.sendall("\\r\\n".join(head).encode())
                print(sock.makefile("rb").readline()[9:12].decode())
    """
    script = f"{sys.executable} - <<'END'\n{textwrap.dedent(program)}\nEND"
    result = lent(wallet, script, "--reach", "x")
    assert result.returncode == 0, result.stderr
    assert all("no item in use names" in line for line in result.stderr.splitlines()), result.stderr
    assert set(result.stdout.split()) == {"400", "403"}, result.stdout


@pytest.mark.attack(117)
def test_an_echo_that_is_split_over_the_parts_of_an_answer_tells_nothing(wallet: TestWallet, service: Service) -> None:
    said = answered(wallet, curl("/echo/parts", "-N"))
    assert service.asked[0].knows
    assert said == "Bearer ****"


@pytest.mark.attack(81)
@pytest.mark.parametrize("path", [f"/echo/{how}" for how in _ECHOES])
def test_a_service_that_echoes_the_token_tells_the_program_nothing(
    wallet: TestWallet, service: Service, path: str
) -> None:
    said = answered(wallet, curl(path, "-i", "--compressed"))
    assert service.asked[0].knows
    assert "****" in said
    assert TOKEN not in said
    assert not any(part in said for part in ("dG9rLTRkMmM5MWYwN2I1Z", "ZDJjOTFmMDdiNW", "4d2c91f07b5e"))


@pytest.mark.attack(81)
def test_a_service_that_echoes_the_token_later_tells_the_program_nothing(wallet: TestWallet, service: Service) -> None:
    keep(wallet, "Posted", "--in", "body")
    later = f"https://{NAME}/kept"
    script = f'curl -sS -m 60 -d "note=$TOKEN" https://{NAME}/keep; curl -sS {later}; echo; curl -sS -r 0-9 {later}'
    assert answered(wallet, script, use="posted=TOKEN").splitlines() == ["note=****"] * 2
    assert service.kept == f"note={TOKEN}".encode()


@pytest.mark.attack(111)
def test_the_question_says_what_a_yes_that_lasts_is_for(wallet: TestWallet, service: Service) -> None:
    assert answered(wallet, f"{curl('/me')}; {curl('/me', '-X', 'DELETE')}") == "adaada"
    assert [one.method for one in service.asked] == ["GET", "DELETE"]
    question = wallet.user.asked()[-1]
    assert question["lead"] == f"wants to use “Token” in a GET request to {NAME}"
    assert ["A yes that lasts", f"is for {NAME}, with any method"] in question["lines"]


@pytest.mark.attack(110)
def test_a_service_that_does_not_answer_one_run_keeps_no_other_waiting(wallet: TestWallet, service: Service) -> None:
    many = " & ".join([curl("/hang", "-o", "/dev/null", "-w", "'%{http_code}\\n'")] * 12)
    command = [*ETUI, "run", "--use", "token", "--", "sh", "-c", f"{many} & wait"]
    run = subprocess.Popen(command, env=wallet.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: len(service.asked) >= 4)
        assert answered(wallet, curl("/me")) == "ada"
        service.goes_on.set()
        said, _ = run.communicate(timeout=60)
    finally:
        run.kill()
        run.communicate()
        service.goes_on.clear()
    assert said.split() == ["200"] * 12
    assert len([one for one in service.asked if one.path == "/hang"]) == 12


@pytest.mark.attack(110)
def test_more_requests_at_once_than_are_served_fail_alone(wallet: TestWallet) -> None:
    code = f"""
        import asyncio
        from etui.protocol import ProtocolError
        from etui.sdk.aio import AsyncClient
        (item,) = wallet.call(secret.Find(text="token")).items
        there = dict(method="GET", host="{NAME}", url="https://{NAME}/slow")
        async def main():
            client = await AsyncClient.connect(name="many")
            async def one():
                try:
                    return str((await client.call(secret.Fetch(item=item.item, **there))).status)
                except ProtocolError as error:
                    return error.code.slug
            print(*sorted(await asyncio.gather(*(one() for _ in range(24)))))
        asyncio.run(main())
    """
    said = in_wallet(wallet, code)
    assert set(said.split()) == {"200", "too_many"}
    assert said.split().count("200") >= 8
    assert "Traceback" not in wallet.log.read_text(encoding="utf-8")


@pytest.mark.attack(108)
def test_nobody_can_guess_what_a_program_writes_in_the_token_s_place(wallet: TestWallet, service: Service) -> None:
    guessed = {in_wallet(wallet, "print(HERE, end='')") for _ in range(2)}
    assert len(guessed) == 2
    code = f"""
        (item,) = wallet.call(secret.Find(text="written")).items
        comment = "etui-value-here {" ".join(guessed)}"
        body = f'{{{{"key": "{{HERE}}", "comment": "{{comment}}"}}}}'.encode()
        print(wallet.fetch(WebRequest("POST", "https://{NAME}/sent", {{}}, body), use=item.item).body.decode(), end="")
    """
    keep(wallet, "Written", "--in", "body")
    assert in_wallet(wallet, code).startswith('{"key": "****", "comment": "etui-value-here etui-')
    assert service.asked[-1].body.count(TOKEN.encode()) == 1


def in_wallet(wallet: TestWallet, code: str) -> str:
    """What a program of the SDK says."""
    begin = """
        from etui.interfaces import secret_1 as secret
        from etui.sdk import Client
        from etui.sdk.web import HERE, WebRequest
        wallet = Client.connect()
    """
    result = wallet.run(sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(code))
    assert result.returncode == 0, result.stderr
    return result.stdout
