"""curl, git over https, Python's requests and httpx, Node's fetch and https, each with a token that it never has."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path
from typing import Final

from bench.wallets import folder

from etui.testkit import TestWallet
from judges.expected import Verdict
from judges.provisions import installed
from judges.service import NAME, TOKEN, service
from judges.stage import Stage
from judges.steps import taken

_OTHER: Final = "other.etui.test"
_CURL: Final = f'curl -sS -m 60 -H "Authorization: Bearer $TOKEN" https://{NAME}'
_REQUESTS: Final = f"""
import os, requests
session = requests.Session()
session.headers["Authorization"] = "Bearer " + os.environ["TOKEN"]
print(session.get("https://{NAME}/me").text + session.post("https://{NAME}/me", data=b"sent").text)
"""
_HTTPX: Final = f"""
import os, httpx
with httpx.Client(headers={{"Authorization": "Bearer " + os.environ["TOKEN"]}}) as client:
    print(client.get("https://{NAME}/me").text + client.post("https://{NAME}/me", content=b"sent").text)
"""
_NODE: Final = """
const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
const ask = async (more) => (await fetch(`${process.env.SERVICE_URL}/me`, { headers, ...more })).text();
(async () => console.log((await ask({})) + (await ask({ method: "POST", body: "sent" }))))();
"""
_NODE_EVENTS: Final = """
const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
const ask = (path) => fetch(process.env.SERVICE_URL + path, { headers });
(async () => {
  const events = (await ask("/events")).body.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await events.read()).value;
  await ask("/go-on");
  console.log(first.trim(), (await events.read()).value.trim(), (await events.read()).done);
})();
"""
_NODE_TUNNEL: Final = f"""
const http = require("node:http"), https = require("node:https");
const proxy = new URL(process.env.HTTPS_PROXY);
const key = Buffer.from(`${{proxy.username}}:${{proxy.password}}`).toString("base64");
const options = {{ method: "CONNECT", path: "{NAME}:443", headers: {{ "Proxy-Authorization": `Basic ${{key}}` }} }};
http.request({{ host: proxy.hostname, port: proxy.port, ...options }}).on("connect", (answer, socket) => {{
  const headers = {{ Authorization: `Bearer ${{process.env.TOKEN}}` }};
  https.get("https://{NAME}/me", {{ socket, headers, agent: false }}, (answer) => answer.pipe(process.stdout));
}}).end();
"""
_HTTPX_EVENTS: Final = f"""
import os, httpx
with httpx.Client(headers={{"Authorization": "Bearer " + os.environ["TOKEN"]}}, timeout=60) as client:
    with client.stream("GET", "https://{NAME}/events") as events:
        lines = events.iter_lines()
        first = next(lines)
        client.get("https://{NAME}/go-on")
        print(first, *filter(None, lines))
"""
_LARGE_BYTES: Final = 5 << 20
_GIT: Final = "git -c credential.helper= -c credential.helper='!f() { echo username=ada; echo password=$TOKEN; }; f'"


def judge(stage: Stage) -> Verdict:
    """Their verdict."""
    served = stage.path / "served"
    served.mkdir()
    with (
        service(served) as (port, authority),
        socket.create_server(("127.0.0.1", 0)) as other,
        folder() as path,
        TestWallet(
            path,
            hosts={NAME: port, _OTHER: other.getsockname()[1]},
            authority=authority,
            environ={"HOME": str(stage.path)},
        ) as wallet,
    ):
        wallet.create()
        wallet.user.approves()
        wallet.user.approves(remember="running", action_contains="in a")
        stage.environ |= wallet.environ
        stage.run("git", "init", "-q", "--bare", str(served / "work.git"))
        stage.run("git", "-C", str(served / "work.git"), "config", "http.receivepack", "true")
        _fill(stage, served / "large.git")
        return _asked(stage, other)


def _fill(stage: Stage, repository: Path) -> None:
    """A repository with a file of 5 MiB that nothing makes smaller."""
    made = stage.path / "large"
    git = ("git", "-C", str(made), "-c", "user.name=ada", "-c", "user.email=a@b")
    stage.run("git", "init", "-q", "-b", "main", str(made))
    (made / "file").write_bytes(os.urandom(_LARGE_BYTES))
    stage.run(*git, "add", "file")
    stage.run(*git, "commit", "-q", "-m", "large")
    stage.run("git", "clone", "-q", "--bare", str(made), str(repository))


def _asked(stage: Stage, other: socket.socket) -> Verdict:
    etui = (sys.executable, "-I", "-m", "etui.cli")
    stage.run(*etui, "add", "Token", stdin=TOKEN)
    stage.run(*etui, "use-at", "Token", NAME, "--base-url", "SERVICE_URL")
    work = stage.path / "work"

    def said(script: str, *, without: Path | None = None) -> str:
        environ = {"PYTHONPATH": str(without)} if without else {}
        ran = stage.run(*etui, "run", "--use", "Token", "--", "sh", "-c", script, environ=environ)
        if ran.returncode:
            sys.stdout.write(ran.stderr)
        return ran.stdout.strip() if not ran.returncode else f"status {ran.returncode}"

    def python(program: str, name: str) -> str:
        return said(f"{sys.executable} -c {shlex.quote(program)}", without=installed(name))

    large = stage.path / "cloned"
    grown = f"cd {work} && head -c 2000000 /dev/urandom > more && git add more"

    def elsewhere() -> bool:
        """Whether the other host, which could be reached, is refused, and nothing arrived there."""
        told = said(f'! curl -sS -m 60 -H "Authorization: Bearer $TOKEN" https://{_OTHER}/me 2>&1')
        other.settimeout(0)
        try:
            other.accept()
        except BlockingIOError:
            return "403" in told
        return False

    def nowhere() -> bool:
        """Whether the command sees a placeholder, and the token neither in its environment nor in its parent's."""
        told = said("env; cat /proc/$PPID/environ | tr '\\0' '\\n'")
        return "TOKEN=etui-" in told and TOKEN not in told

    commit = f"git -C {work} -c user.name=ada -c user.email=a@b commit -q --allow-empty -m"
    steps = {
        "curl": lambda: said(f"{_CURL}/me") == "ada",
        "curl posts": lambda: said(f"{_CURL}/me --data-binary sent") == "sent",
        "curl --user": lambda: said(f'curl -sS -m 60 -u "ada:$TOKEN" https://{NAME}/me') == "ada",
        "curl without it": lambda: said(f"curl -sS -m 60 https://{NAME}/me") == "who?",
        "curl elsewhere": elsewhere,
        "requests": lambda: python(_REQUESTS, "requests-2.34.2") == "adasent",
        "httpx": lambda: python(_HTTPX, "httpx-0.28.1") == "adasent",
        "Node's fetch": lambda: said(f"node -e {shlex.quote(_NODE)}") == "adasent",
        "Node's https through a tunnel": lambda: said(f"node -e {shlex.quote(_NODE_TUNNEL)}") == "ada",
        "Node's https trusts nobody else": lambda: (
            "UNABLE_TO_VERIFY" in said(f"! NODE_EXTRA_CA_CERTS= node -e {shlex.quote(_NODE_TUNNEL)} 2>&1")
        ),
        "git clone": lambda: said(f"{_GIT} clone -q https://{NAME}/work.git {work}") == "",
        "git push": lambda: said(f"{commit} first && {_GIT} -C {work} push -q origin HEAD:main") == "",
        "git fetch": lambda: (
            said(f"{_GIT} -C {work} fetch -q && git -C {work} log -1 --format=%s origin/main") == "first"
        ),
        "git push again": lambda: said(f"{commit} second && {_GIT} -C {work} push -q origin HEAD:main") == "",
        "git clone of 5 MiB": lambda: (
            said(f"{_GIT} clone -q https://{NAME}/large.git {large} && wc -c < {large}/file") == str(_LARGE_BYTES)
        ),
        "git push of 2 MB is told why not": lambda: (
            "HTTP 413" in said(f"{grown} && {commit} third && ! {_GIT} -C {work} push -q origin HEAD:main 2>&1")
        ),
        "Node's events": lambda: said(f"node -e {shlex.quote(_NODE_EVENTS)}") == "data: 1 data: 2 true",
        "httpx's events": lambda: python(_HTTPX_EVENTS, "httpx-0.28.1") == "data: 1 data: 2",
        "the token is nowhere": nowhere,
    }
    return taken(steps)
