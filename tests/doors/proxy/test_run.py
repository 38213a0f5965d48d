"""`etui run --use`: unmodified programs work with a token that they never have."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

from tests.cli.etui import done, etui, told
from tests.doors.proxy.lent import BEARER, answered, curl, in_python, keep, lent
from tests.doors.proxy.service import NAME, TOKEN, Service, plain_service

from etui.testkit import TestWallet


def questions(wallet: TestWallet) -> list[str]:
    return [one["lead"] for one in wallet.user.asked() if "“Token” in a" in one["lead"]]


def test_a_program_uses_a_token_that_it_never_has(wallet: TestWallet, service: Service) -> None:
    said = answered(wallet, "env; " + curl("/me"))
    assert said.endswith("ada")
    assert [one.knows for one in service.asked] == [True]
    assert TOKEN not in said


def test_the_user_is_asked_once_in_a_run_and_again_in_the_next(wallet: TestWallet) -> None:
    before = len(questions(wallet))
    for run in (1, 2):
        assert answered(wallet, "; ".join([curl("/me")] * 3)) == "adaadaada"
        assert questions(wallet)[before:] == [f"wants to use “Token” in a GET request to {NAME}"] * run


def test_each_request_is_on_record_with_its_host(wallet: TestWallet, service: Service) -> None:
    answered(wallet, curl("/me"))
    records = [row for row in told(wallet, "audit") if row["action"] == "secret/1.fetch"]
    assert all(f"Token, {NAME}" in done(wallet, "why", row["id"]) for row in records[:2])
    assert service.asked


def test_python_s_own_client_works_as_it_is(wallet: TestWallet) -> None:
    program = f"""
        import os, urllib.request
        headers = {{"Authorization": "Bearer " + os.environ["TOKEN"]}}
        request = urllib.request.Request("https://{NAME}/me", headers=headers)
        print(urllib.request.urlopen(request).read().decode(), end="")
    """
    assert in_python(wallet, program) == "ada"


def test_the_credentials_of_basic_are_filled_in(wallet: TestWallet) -> None:
    assert answered(wallet, f'curl -sS -m 60 -u "ada:$TOKEN" https://{NAME}/me') == "ada"


def test_a_request_without_the_placeholder_goes_out_as_it_is(wallet: TestWallet, service: Service) -> None:
    assert answered(wallet, f"curl -sS -m 60 https://{NAME}/me") == "who?"
    assert "authorization" not in service.asked[0].headers


def test_a_body_goes_out_whole_and_comes_back_whole(wallet: TestWallet, tmp_path: Path) -> None:
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(os.urandom(900_000))
    answered(wallet, curl("/sent", "--data-binary", f"@{sent}", "-o", str(got)))
    assert got.read_bytes() == sent.read_bytes()


def test_a_body_that_is_too_large_is_told_so_to_whoever_sends_it_whole(wallet: TestWallet, service: Service) -> None:
    program = f"""
        import os, urllib.request
        headers = {{"Authorization": "Bearer " + os.environ["TOKEN"]}}
        request = urllib.request.Request("https://{NAME}/sent", headers=headers, data=b"x" * 20_000_000)
        try:
            urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            print(error.code, error.read().decode(), end="")
    """
    result = etui(wallet, "run", "--use", "token", "--", sys.executable, "-c", textwrap.dedent(program))
    assert result.stdout == "413 etui: a request has at most 1048576 bytes: send less\n", result.stderr
    assert "a request was not sent: a request has at most 1048576 bytes" in result.stderr
    assert service.asked == []


def test_a_base_url_needs_no_proxy(wallet: TestWallet) -> None:
    keep(wallet, "Based", "--variable", "KEY", "--base-url", "SERVICE_URL")
    script = 'curl -sS -m 60 --noproxy "*" -H "Authorization: Bearer $KEY" "$SERVICE_URL/me"'
    assert answered(wallet, script, use="based") == "ada"


def test_the_status_is_the_command_s(wallet: TestWallet) -> None:
    assert lent(wallet, "exit 41").returncode == 41
    assert lent(wallet, "kill -9 $$").returncode == 137


def test_what_is_reached_besides_goes_there_unseen(wallet: TestWallet, service: Service) -> None:
    where = f"https://localhost:{service.port}/echo/body"
    script = f'curl -sS -m 60 -k --noproxy "" -H "{BEARER}" {where}'
    assert answered(wallet, script, "--reach", "localhost").startswith("Bearer etui-")


def test_what_is_reached_by_http_besides_is_passed_on_whole(wallet: TestWallet) -> None:
    with plain_service() as port:
        script = f'curl -sS -m 60 --noproxy "" -H "{BEARER}" -d sent http://localhost:{port}/echo?a=b'
        method, path, authorization, body = answered(wallet, script, "--reach", "localhost").splitlines()
        assert (method, path, body) == ("POST", "/echo?a=b", "sent")
        assert authorization.startswith("Bearer etui-")
        refused = f'curl -sS -m 60 --noproxy "" http://localhost:{port}/echo'
        assert "no item in use names localhost" in answered(wallet, refused)


def test_a_program_with_the_sdk_needs_no_proxy(wallet: TestWallet) -> None:
    code = f"""
        from etui.interfaces import secret_1 as secret
        from etui.sdk import Client
        from etui.sdk.web import HERE, WebRequest
        with Client.connect() as wallet:
            (item,) = wallet.call(secret.Find(text="token")).items
            request = WebRequest("GET", "https://{NAME}/me", {{"Authorization": "Bearer " + HERE}})
            answer = wallet.fetch(request, use=item.item)
            print(answer.status, answer.body.decode(), end="")
    """
    result = wallet.run(sys.executable, "-c", textwrap.dedent(code))
    assert (result.stdout, result.returncode) == ("200 ada", 0), result.stderr
