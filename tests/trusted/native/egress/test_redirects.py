import pytest
from tests.trusted.native.egress.world import API, OTHER, get

from etui.interfaces.egress_1 import Header
from etui.sealing import Secret
from etui.trusted.native.egress.errors import RefusedError, UnreachableError
from etui.trusted.native.egress.insertion import Insertion, Where, insert
from etui.trusted.native.egress.masking import Mask
from etui.trusted.native.egress.redirects import Step, follow
from etui.trusted.native.egress.requests import read_request

SECRET = "s3cr3t-word"
HERE = "SECRET_HERE"
FIELDS = (
    Header(name="Authorization", value="Basic abc"),
    Header(name="Cookie", value="a=b"),
    Header(name="X-Key", value=HERE),
    Header(name="Content-Type", value="text/plain"),
    Header(name="Accept", value="text/*"),
)


def step(where: Where | None = None, *, method: str = "POST", body: bytes = b"fares", path: str = "/a") -> Step:
    fields = [field for field in FIELDS if where in {None, Where.HEADER} or HERE not in field.value]
    plain = read_request(get(f"https://{API}{path}", method=method, body=body, headers=fields))
    if where is None:
        return Step(plain, None)
    return Step(plain, Insertion(Secret.from_text(SECRET), frozenset({API, OTHER}), where, HERE))


def after(first: Step, status: int, location: str) -> Step | None:
    sent = first.plain if first.insertion is None else insert(first.plain, first.insertion)
    mask = Mask(None if first.insertion is None else first.insertion.secret)
    return follow(first, sent.target, status, location.encode(), mask)


def names(made: Step | None) -> list[bytes]:
    assert made is not None
    return [name for name, _ in made.plain.fields]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
    ],
)
def test_the_method_after_a_redirect_is_the_standard_s(status: int, method: str, then: str) -> None:
    made = after(step(method=method), status, "/b")
    assert made is not None
    assert made.plain.method == then
    assert made.plain.body == (b"" if then == "GET" and method != "GET" else b"fares")
    assert (b"Content-Type" in names(made)) is bool(made.plain.body)


def test_a_head_request_stays_one() -> None:
    made = after(step(method="HEAD", body=b""), 303, "/b")
    assert made is not None
    assert made.plain.method == "HEAD"


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 404])
def test_any_other_status_is_the_answer(status: int) -> None:
    assert after(step(), status, "/b") is None


def test_a_redirect_without_a_place_is_the_answer() -> None:
    first = step()
    assert follow(first, first.plain.target, 302, None, Mask()) is None


@pytest.mark.parametrize("location", ["https://10.0.0.1/", "https://[::1]/", "javascript:x", "https://a@b.example/"])
def test_a_redirect_to_no_host_leads_nowhere(location: str) -> None:
    with pytest.raises(UnreachableError, match="no address for egress"):
        after(step(), 302, location)


def test_https_stays_https() -> None:
    with pytest.raises(RefusedError, match="from https to http"):
        after(step(), 302, f"http://{API}/")


def test_at_another_origin_the_caller_is_not_named() -> None:
    assert names(after(step(), 307, "/b")) == [h.name.encode() for h in FIELDS]
    assert names(after(step(), 307, f"https://{OTHER}/")) == [b"X-Key", b"Content-Type", b"Accept"]
    assert names(after(step(), 307, f"https://{API}:8443/")) == [b"X-Key", b"Content-Type", b"Accept"]


def test_a_secret_stays_at_its_origin() -> None:
    made = after(step(Where.HEADER), 307, "/b")
    assert made is not None
    assert made.insertion is not None


@pytest.mark.parametrize("place", [f"https://{OTHER}/", f"https://{API}:8443/"])
def test_a_secret_follows_to_no_other_origin_though_its_item_names_the_host(place: str) -> None:
    made = after(step(Where.HEADER), 307, place)
    assert made is not None
    assert made.insertion is None
    assert b"X-Key" not in names(made)


def test_a_secret_that_left_its_origin_does_not_come_back() -> None:
    away = after(step(Where.HEADER), 307, f"https://{OTHER}/")
    assert away is not None
    back = after(away, 307, f"https://{API}/")
    assert back is not None
    assert back.insertion is None


def test_a_body_with_its_placeholder_goes_to_no_other_origin() -> None:
    first = step(Where.BODY, body=HERE.encode())
    with pytest.raises(RefusedError, match="a body that holds the placeholder"):
        after(first, 307, f"https://{OTHER}/")
    made = after(first, 302, f"https://{OTHER}/")
    assert made is not None
    assert made.plain.body == b""


def test_a_secret_is_put_into_no_address_of_the_other_side_s() -> None:
    made = after(step(Where.URL, path=f"/{HERE}"), 302, f"/{HERE}?again")
    assert made is not None
    assert made.plain.target.path == f"/{HERE}?again"
    assert made.insertion is None


@pytest.mark.parametrize("echo", [f"?k={SECRET}", f"?k={SECRET.upper()}", f"?k={SECRET.encode().hex()}"])
def test_an_echo_of_the_secret_is_not_carried_to_another_origin(echo: str) -> None:
    with pytest.raises(RefusedError, match="the inserted value in the address") as refused:
        after(step(Where.HEADER), 302, f"https://{OTHER}/{echo}")
    assert SECRET not in str(refused.value)


def test_a_refusal_does_not_say_where_the_other_side_wanted_to_lead() -> None:
    with pytest.raises(RefusedError) as refused:
        after(step(Where.HEADER), 302, f"http://{SECRET}.example.org/")
    assert SECRET not in str(refused.value)
