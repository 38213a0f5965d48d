"""curl, git over https, Python's requests and httpx, and Node's fetch, each with a token that it never has."""

from __future__ import annotations

import shlex
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
_GIT: Final = "git -c credential.helper= -c credential.helper='!f() { echo username=ada; echo password=$TOKEN; }; f'"


def judge(stage: Stage) -> Verdict:
    """Their verdict."""
    served = stage.path / "served"
    served.mkdir()
    with (
        service(served) as (port, authority),
        folder() as path,
        TestWallet(path, hosts={NAME: port}, authority=authority, environ={"HOME": str(stage.path)}) as wallet,
    ):
        wallet.create()
        wallet.user.approves()
        wallet.user.approves(remember="running", action_contains="in a")
        stage.environ |= wallet.environ
        stage.run("git", "init", "-q", "--bare", str(served / "work.git"))
        stage.run("git", "-C", str(served / "work.git"), "config", "http.receivepack", "true")
        return _asked(stage)


def _asked(stage: Stage) -> Verdict:
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

    commit = f"git -C {work} -c user.name=ada -c user.email=a@b commit -q --allow-empty -m"
    steps = {
        "curl": lambda: said(f"{_CURL}/me") == "ada",
        "curl posts": lambda: said(f"{_CURL}/me --data-binary sent") == "sent",
        "curl --user": lambda: said(f'curl -sS -m 60 -u "ada:$TOKEN" https://{NAME}/me') == "ada",
        "curl without it": lambda: said(f"curl -sS -m 60 https://{NAME}/me") == "who?",
        "curl elsewhere": lambda: said("curl -sS -m 60 https://other.etui.test/me").startswith("status"),
        "requests": lambda: python(_REQUESTS, "requests-2.34.2") == "adasent",
        "httpx": lambda: python(_HTTPX, "httpx-0.28.1") == "adasent",
        "Node's fetch": lambda: said(f"node -e {shlex.quote(_NODE)}") == "adasent",
        "git clone": lambda: said(f"{_GIT} clone -q https://{NAME}/work.git {work}") == "",
        "git push": lambda: said(f"{commit} first && {_GIT} -C {work} push -q origin HEAD:main") == "",
        "git fetch": lambda: (
            said(f"{_GIT} -C {work} fetch -q && git -C {work} log -1 --format=%s origin/main") == "first"
        ),
        "git push again": lambda: said(f"{commit} second && {_GIT} -C {work} push -q origin HEAD:main") == "",
        "the token is nowhere": lambda: TOKEN not in said("env; cat /proc/$PPID/environ | tr '\\0' '\\n'"),
    }
    return taken(steps)
