import asyncio
import gzip
import socket
import ssl
from collections.abc import Iterator

import msgspec
import pytest
from tests.trusted.native.egress.world import (
    API,
    API_ADDRESS,
    OTHER,
    OTHER_ADDRESS,
    Received,
    World,
    answering,
    endless,
    get,
    redirect,
    response,
)

from etui.interfaces.egress_1 import Fetch, Header
from etui.protocol import ErrorCode
from etui.sealing import Secret
from etui.trusted.native.egress.errors import (
    EgressError,
    MalformedError,
    OversizeError,
    RefusedError,
    SlowError,
    UnreachableError,
)
from etui.trusted.native.egress.insertion import Insertion, Where
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.network import Network
from etui.trusted.native.egress.routes import Route, Routes

SECRET = "s3cr3t-word"
HERE = "SECRET_HERE"
BRISK = Limits(total_s=0.5)


def insertion(where: Where = Where.HEADER, *hosts: str) -> Insertion:
    return Insertion(Secret.from_text(SECRET), frozenset(hosts or (API,)), where, HERE)


def with_key() -> Fetch:
    headers = [Header(name="Authorization", value=f"Bearer {HERE}")]
    return get(headers=headers, insert=b"sealed", placeholder=HERE)


# one request


def test_a_request_reaches_its_host_and_is_answered(world: World) -> None:
    host = world.host(answering(response(b"1.80", Content_Type="text/plain")))
    result = world.fetch(get(f"https://{API}/fares?zone=A", headers=[Header(name="Accept", value="text/plain")]))
    assert (result.status, result.body, result.url) == (200, b"1.80", f"https://{API}/fares?zone=A")
    assert Header(name="Content-Type", value="text/plain") in result.headers
    (received,) = host.received
    assert (received.method, received.target, received.body) == ("GET", "/fares?zone=A", b"")
    assert received.headers == (
        (b"Host", API.encode()),
        (b"Accept-Encoding", b"identity"),
        (b"User-Agent", b"etui"),
        (b"Accept", b"text/plain"),
    )


def test_a_body_arrives_whole(world: World) -> None:
    host = world.host(answering(response(status=201)))
    body = bytes(range(256)) * 4096
    assert world.fetch(get(method="PUT", body=body)).status == 201
    assert host.received[0].body == body


def test_a_head_request_is_answered_without_a_body(world: World) -> None:
    world.host(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n"))
    result = world.fetch(get(method="HEAD"))
    assert result.body == b""
    assert Header(name="Content-Length", value="4000000000") in result.headers


def test_informational_responses_come_before_the_answer(world: World) -> None:
    world.host(answering(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", response(b"fares")))
    assert world.fetch(get()).body == b"fares"


def test_a_request_is_logged_without_its_address(world: World) -> None:
    world.host(answering(response(b"fares")))
    world.fetch(get(f"https://{API}/path-word?query-word"))
    assert world.log == [f"egress: Fares: GET {API}: 200 5 bytes"]


# which hosts


def test_a_host_that_is_not_declared_is_not_even_resolved(world: World) -> None:
    world.host(answering(response()))
    with pytest.raises(RefusedError, match=f"{API} is not declared") as refused:
        world.fetch(get(), hosts=[OTHER, "example.org", f"x.{API}", f"*.{API.partition('.')[2]}"])
    assert refused.value.code is ErrorCode.DENIED
    assert (world.asked, world.dialled) == ([], [])
    assert world.log == [f"egress: Fares: GET {API}: denied"]


def test_an_item_opens_no_host_that_is_not_declared(world: World) -> None:
    with pytest.raises(RefusedError, match="not declared"):
        world.fetch(with_key(), hosts=[OTHER], insertion=insertion())
    assert world.asked == []


def test_http_is_for_names_of_a_test_profile_alone(world: World) -> None:
    with pytest.raises(RefusedError, match="only https"):
        world.fetch(get(f"http://{API}/"))
    mapped = Routes(by_host={API: Route(address=API_ADDRESS, port=80, test=False)})
    with pytest.raises(RefusedError, match="only https"):
        world.fetch(get(f"http://{API}/"), routes=mapped)
    assert world.dialled == []
    world.host(answering(response(b"plain")), tls=False)
    mapped = Routes(by_host={API: Route(address=API_ADDRESS, port=8080, test=True)})
    assert world.fetch(get(f"http://{API}/"), routes=mapped).body == b"plain"
    assert world.dialled == [(API_ADDRESS, 8080)]


# which addresses


def test_a_name_is_resolved_once_and_that_very_address_is_dialled(world: World) -> None:
    world.host(answering(response(b"fares")))
    world.names[API] = [(API_ADDRESS,), ("127.0.0.1",)]
    assert world.fetch(get()).body == b"fares"
    assert world.asked == [API]
    assert world.dialled == [(API_ADDRESS, 443)]


@pytest.mark.attack(29)
def test_a_name_that_turns_private_between_two_requests_is_refused(world: World) -> None:
    world.host(answering(redirect("/again")))
    world.names[API] = [(API_ADDRESS,), ("192.168.0.1",)]
    with pytest.raises(RefusedError, match="a private address"):
        world.fetch(get())
    assert world.dialled == [(API_ADDRESS, 443)]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fe80::1%lo"]
)
def test_a_name_of_a_local_address_is_not_dialled(world: World, address: str) -> None:
    world.names[API] = [(API_ADDRESS, address)]
    with pytest.raises(RefusedError, match="resolves to a"):
        world.fetch(get())
    assert world.dialled == []


def test_the_next_address_is_tried_where_one_takes_no_connection(world: World) -> None:
    world.host(answering(response(b"fares")))
    world.names[API] = [("2606:4700::1111", API_ADDRESS)]
    assert world.fetch(get()).body == b"fares"
    assert world.dialled == [("2606:4700::1111", 443), (API_ADDRESS, 443)]


def test_a_host_that_takes_no_connection_is_told(world: World) -> None:
    world.names[API] = [(API_ADDRESS,)]
    with pytest.raises(UnreachableError, match="takes no connection on port 443"):
        world.fetch(get())


def test_a_signed_mapping_sends_to_its_local_address_under_the_host_s_name(world: World) -> None:
    world.host(answering(response(b"till")), address="10.0.0.5")
    mapped = Routes(by_host={API: Route(address="10.0.0.5", port=8443, test=False)})
    assert world.fetch(get(), routes=mapped).body == b"till"
    assert (world.asked, world.dialled) == ([], [("10.0.0.5", 8443)])


def test_a_mapping_declares_nothing(world: World) -> None:
    mapped = Routes(by_host={API: Route(address="10.0.0.5", port=8443, test=False)})
    with pytest.raises(RefusedError, match="not declared"):
        world.fetch(get(), routes=mapped, hosts=[])


def test_the_system_s_resolver_and_sockets_reach_the_loopback() -> None:
    async def ask() -> tuple[list[str], tuple[str, int]]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
            found = await Network().resolve("localhost", port)
            with await Network().dial("127.0.0.1", port) as dialled:
                return list(found), dialled.getpeername()

    found, peer = asyncio.run(ask())
    assert {"127.0.0.1", "::1"} & set(found)
    assert peer[0] == "127.0.0.1"


# who answers


def test_a_certificate_for_another_name_is_no_proof(world: World) -> None:
    host = world.host(answering(response()), certified=OTHER)
    with pytest.raises(RefusedError, match="did not prove that it is"):
        world.fetch(get())
    assert host.received == []


def test_an_authority_that_nobody_trusts_vouches_for_nobody(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with World(tmp_path_factory.mktemp("stranger")) as stranger:
        host = stranger.host(answering(response()))
        stranger.authority.file = world.authority.file
        with pytest.raises(RefusedError, match="did not prove"):
            stranger.fetch(get())
        assert host.received == []


def test_an_old_version_of_tls_is_not_spoken(world: World) -> None:
    context = world.authority.context_for(API)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    world.host(answering(response()))._tls = context
    with pytest.raises(UnreachableError, match=r"TLS 1\.2"):
        world.fetch(get())


def test_a_host_without_tls_is_told(world: World) -> None:
    world.host(answering(response()), tls=False)
    with pytest.raises(UnreachableError, match=r"TLS 1\.2"):
        world.fetch(get())


# redirects


def test_a_redirect_is_followed_to_a_declared_host(world: World) -> None:
    world.host(answering(redirect(f"https://{OTHER}/b")))
    other = world.host(answering(response(b"there")), name=OTHER, address=OTHER_ADDRESS)
    result = world.fetch(get())
    assert (result.body, result.url) == (b"there", f"https://{OTHER}/b")
    assert other.received[0].value("Host") == OTHER
    assert world.asked == [API, OTHER]
    assert world.dialled == [(API_ADDRESS, 443), (OTHER_ADDRESS, 443)]
    assert world.log == [f"egress: Fares: GET {API}: 302 redirected", f"egress: Fares: GET {OTHER}: 200 5 bytes"]


def test_a_redirect_to_a_host_that_is_not_declared_is_refused_without_its_name(world: World) -> None:
    world.host(answering(redirect(f"https://{OTHER}/")))
    with pytest.raises(RefusedError, match="does not declare") as refused:
        world.fetch(get(), hosts=[API])
    assert OTHER not in refused.value.message
    assert world.asked == [API]
    assert not any(OTHER in line for line in world.log)


@pytest.mark.parametrize("location", ["https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"])
def test_a_redirect_to_an_address_is_refused(world: World, location: str) -> None:
    world.host(answering(redirect(location)))
    with pytest.raises(UnreachableError, match="no address for egress"):
        world.fetch(get())


@pytest.mark.attack(29)
def test_a_redirect_to_a_name_of_a_local_address_is_refused(world: World) -> None:
    world.host(answering(redirect(f"https://{OTHER}/")))
    world.names[OTHER] = [("10.0.0.1",)]
    with pytest.raises(RefusedError, match="a private address"):
        world.fetch(get())
    assert world.dialled == [(API_ADDRESS, 443)]


def test_a_redirect_from_https_to_http_is_refused(world: World) -> None:
    world.host(answering(redirect(f"http://{API}/")))
    mapped = Routes(by_host={API: Route(address=API_ADDRESS, port=443, test=True)})
    with pytest.raises(RefusedError, match="from https to http"):
        world.fetch(get(), routes=mapped)


def test_redirects_come_to_an_end(world: World) -> None:
    host = world.host(answering(redirect("/again")))
    with pytest.raises(UnreachableError, match="more than 5 times"):
        world.fetch(get())
    assert len(host.received) == 6


def test_a_redirect_that_is_not_followed_is_the_answer_with_the_secret_masked(world: World) -> None:
    host = world.host(answering(redirect(f"https://{OTHER}/?k={SECRET}")))
    result = world.fetch(msgspec.structs.replace(with_key(), follow=False), insertion=insertion())
    assert (result.status, len(host.received)) == (302, 1)
    assert Header(name="Location", value=f"https://{OTHER}/?k=****") in result.headers


def test_a_redirect_s_body_is_not_waited_for(world: World) -> None:
    world.host(endless(b"HTTP/1.1 302 Found\r\nLocation: https://" + OTHER.encode() + b"/\r\n\r\n", b"x" * 65536))
    world.host(answering(response(b"there")), name=OTHER, address=OTHER_ADDRESS)
    assert world.fetch(get()).body == b"there"


# limits


def test_an_endless_body_is_given_up(world: World) -> None:
    world.host(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536))
    with pytest.raises(OversizeError, match="larger than 2097152 bytes"):
        world.fetch(get())


def test_an_endless_chunked_body_is_given_up(world: World) -> None:
    world.host(endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b"x" * 0x4000 + b"\r\n"))
    with pytest.raises(OversizeError):
        world.fetch(get())


def test_framing_without_content_is_given_up(world: World) -> None:
    world.host(endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 60000 + b"\r\ny\r\n"))
    with pytest.raises(OversizeError):
        world.fetch(get())


def test_an_endless_head_is_given_up(world: World) -> None:
    world.host(endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 1000))
    with pytest.raises(OversizeError, match="head"):
        world.fetch(get())


def test_endless_informational_responses_are_given_up(world: World) -> None:
    world.host(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))
    with pytest.raises(EgressError, match="informational"):
        world.fetch(get())


def test_the_caller_says_how_much_it_takes(world: World) -> None:
    world.host(answering(response(b"fares")))
    assert world.fetch(get(max_bytes=5)).body == b"fares"
    with pytest.raises(OversizeError, match="larger than 4 bytes"):
        world.fetch(get(max_bytes=4))


def test_a_compressed_body_counts_as_what_it_becomes(world: World) -> None:
    world.host(answering(response(gzip.compress(b"\0" * (8 << 20)), Content_Encoding="gzip")))
    with pytest.raises(OversizeError):
        world.fetch(get())


def test_a_host_that_answers_a_byte_at_a_time_is_given_up(world: World) -> None:
    def answer(_: Received) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not host.ending.wait(0.02):
            yield b"x"

    host = world.host(answer)
    with pytest.raises(SlowError, match=r"did not answer in 0\.5 s") as refused:
        world.fetch(get(), limits=BRISK)
    assert refused.value.code is ErrorCode.TIMED_OUT
    assert world.log == [f"egress: Fares: GET {API}: timed_out"]


def test_a_host_that_never_answers_is_given_up(world: World) -> None:
    def answer(_: Received) -> Iterator[bytes]:
        host.ending.wait()
        yield b""

    host = world.host(answer)
    with pytest.raises(SlowError):
        world.fetch(get(), limits=BRISK)


def test_a_handshake_that_never_ends_is_given_up(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.host(answering())
        world._hosts[API_ADDRESS].close()
        world._hosts[API_ADDRESS].port = silent.getsockname()[1]
        with pytest.raises(UnreachableError, match="TLS handshake in"):
            world.fetch(get(), limits=Limits(connect_s=1.0))
        del world._hosts[API_ADDRESS]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfar",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_or_not_whole_is_told(world: World, sent: bytes) -> None:
    world.host(answering(sent))
    with pytest.raises(UnreachableError) as told:
        world.fetch(get())
    assert "far" not in told.value.message
    assert told.value.__suppress_context__ or told.value.__context__ is None


# inserted secrets


def test_a_secret_is_used_and_not_seen(world: World) -> None:
    host = world.host(answering(response(b"welcome")))
    result = world.fetch(with_key(), insertion=insertion())
    assert host.received[0].value("Authorization") == f"Bearer {SECRET}"
    assert result.body == b"welcome"


def chunked(body: bytes, size: int) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Echo: " + SECRET.encode() + b"\r\n\r\n"
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


PAGE = b"<p>You sent " + SECRET.encode() + b".</p>"


@pytest.mark.parametrize(
    "parts",
    [
        [response(PAGE, X_Echo=SECRET)],
        [response(gzip.compress(PAGE), Content_Encoding="gzip", X_Echo=f"is {SECRET}")],
        list(chunked(PAGE, 3)),
        list(chunked(PAGE, 1)),
        [b"HTTP/1.1 200 OK\r\nX-Echo: " + SECRET.encode() + b"\r\n\r\n", PAGE[:16], PAGE[16:]],
        [response(PAGE, status=500, X_Echo=SECRET, Location=f"/{SECRET}")],
    ],
    ids=["plain", "gzip", "chunks of three", "chunks of one", "until the end", "an error"],
)
def test_an_echo_of_the_secret_is_masked(world: World, parts: list[bytes]) -> None:
    world.host(answering(*parts))
    result = world.fetch(with_key(), insertion=insertion())
    assert result.body == b"<p>You sent ****.</p>"
    assert "****" in next(h.value for h in result.headers if h.name == "X-Echo")
    assert SECRET not in repr(result)


def test_an_echo_in_a_coding_that_was_not_asked_for_is_not_given_out(world: World) -> None:
    world.host(answering(response(PAGE, Content_Encoding="br")))
    with pytest.raises(UnreachableError, match="not asked for"):
        world.fetch(with_key(), insertion=insertion())


def test_a_secret_goes_to_no_host_that_its_item_does_not_name(world: World) -> None:
    with pytest.raises(RefusedError, match="its item does not name"):
        world.fetch(with_key(), insertion=insertion(Where.HEADER, OTHER))
    assert world.asked == []


@pytest.mark.attack(29)
@pytest.mark.attack(78)
@pytest.mark.parametrize("rebound", ["127.0.0.1", "192.168.0.1", OTHER_ADDRESS], ids=["loopback", "private", "public"])
def test_a_secret_does_not_follow_its_host_s_name_to_another_address(world: World, rebound: str) -> None:
    host = world.host(answering(response(b"welcome")))
    other = world.host(answering(response()), name=OTHER, address=rebound)
    world.names[API] = [(API_ADDRESS,), (rebound,)]
    assert world.fetch(with_key(), insertion=insertion()).body == b"welcome"
    with pytest.raises(RefusedError, match="did not prove" if rebound == OTHER_ADDRESS else "address"):
        world.fetch(with_key(), insertion=insertion())
    assert (len(host.received), other.received) == (1, [])


@pytest.mark.parametrize("status", [302, 307])
def test_a_secret_does_not_follow_a_redirect_to_another_host(world: World, status: int) -> None:
    world.host(answering(redirect(f"https://{OTHER}/", status)))
    other = world.host(answering(response(SECRET.encode())), name=OTHER, address=OTHER_ADDRESS)
    result = world.fetch(with_key(), insertion=insertion(Where.HEADER, API, OTHER))
    assert other.received[0].value("Authorization") is None
    assert SECRET not in str(other.received[0])
    assert result.body == b"****"


def test_a_secret_follows_a_redirect_within_its_origin(world: World) -> None:
    answers = iter([redirect("/again", 307), response(b"welcome")])
    host = world.host(lambda _: [next(answers)])
    assert world.fetch(with_key(), insertion=insertion()).body == b"welcome"
    assert [r.value("Authorization") for r in host.received] == [f"Bearer {SECRET}"] * 2


def test_a_redirect_that_carries_the_secret_away_is_refused_in_silence(world: World) -> None:
    world.host(answering(redirect(f"https://{SECRET}.example.org/?k={SECRET}")))
    with pytest.raises(RefusedError) as refused:
        world.fetch(with_key(), hosts=[API, f"{SECRET}.example.org"], insertion=insertion())
    assert SECRET not in refused.value.message
    assert not any(SECRET in line for line in world.log)


def test_a_secret_in_the_address_is_masked_where_the_address_comes_back(world: World) -> None:
    host = world.host(answering(response(b"welcome")))
    url = f"https://{API}/bot{HERE}/send"
    result = world.fetch(get(url, insert=b"sealed", placeholder=HERE), insertion=insertion(Where.URL))
    assert host.received[0].target == f"/bot{SECRET}/send"
    assert result.url == f"https://{API}/bot****/send"
    assert not any(SECRET in line for line in world.log)


def test_a_request_that_is_none_is_answered_so(world: World) -> None:
    with pytest.raises(MalformedError):
        world.fetch(get("https://localhost/", "localhost"))
    assert world.asked == []
