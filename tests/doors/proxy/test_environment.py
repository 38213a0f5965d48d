"""What a command finds: each variable by which a program is told of the proxy, and of whom to trust."""

from __future__ import annotations

import re
from pathlib import Path

from etui.doors.proxy.authority import Authority
from etui.doors.proxy.lending import Lender, Lent
from etui.doors.proxy.proxy import Proxy
from etui.doors.proxy.running import environment

PAGE = Path(__file__).parents[3] / "docs" / "use.md"
TOKEN = Lent(item="one", hosts=("api.etui.test",), variable="TOKEN")
BASED = Lent(item="two", hosts=("api.etui.test",), variable="KEY", base_url="SERVICE_URL")
PROXY = {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"}
TRUST = {
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
}


def promised() -> set[str]:
    """The variables that the page names where it says what a program finds."""
    section = PAGE.read_text(encoding="utf-8").partition("## What a program finds\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([A-Z_]+)`", section))


def test_every_variable_that_the_page_promises_is_set_and_what_was_there_before_gives_way() -> None:
    proxy = Proxy(Lender(Path("/socket"), [TOKEN, BASED], "env"), Authority(TOKEN.hosts), 1, (), print)
    before = {"PATH": "/usr/bin", "https_proxy": "http://proxy.example", "NODE_EXTRA_CA_CERTS": "/etc/mine.pem"}
    found = environment(before, [TOKEN, BASED], proxy, Path("/run/authority.pem"))
    address = f"http://run:{proxy.key}@127.0.0.1:{proxy.port}"
    assert found == {
        "PATH": "/usr/bin",
        **dict.fromkeys(PROXY | {name.lower() for name in PROXY}, address),
        **dict.fromkeys(TRUST, "/run/authority.pem"),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
        "NODE_USE_ENV_PROXY": "1",
        "TOKEN": TOKEN.placeholder,
        "KEY": BASED.placeholder,
        "SERVICE_URL": f"http://127.0.0.1:{proxy.port}/{proxy.key}/api.etui.test",
    }
    assert promised() == {*PROXY, *TRUST, "NO_PROXY", "NODE_USE_ENV_PROXY"}
