"""``msmtp`` of Debian, which logs in at a mail server with the password that was stored for it."""

from __future__ import annotations

import base64
import socketserver
import threading
from typing import ClassVar

from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken


class _Server(socketserver.TCPServer):
    """A mail server on a free port: takes every login, and keeps who came."""

    logins: ClassVar[list[str]] = []


class _Mail(socketserver.StreamRequestHandler):
    """One connection (RFC 5321, RFC 4616)."""

    timeout = 20

    def handle(self) -> None:
        self._say("220 mail.example")
        for line in self.rfile:
            word, *rest = line.decode("ascii", "replace").split()
            match word.upper():
                case "EHLO":
                    self._say("250-mail.example", "250 AUTH PLAIN")
                case "AUTH":
                    _Server.logins.append(base64.b64decode(rest[-1]).decode())
                    self._say("235 welcome")
                case "DATA":
                    self._say("354 go on")
                    while self.rfile.readline().strip() != b".":
                        pass
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 well")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    with _Server(("127.0.0.1", 0), _Mail) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            return _steps(stage, server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def _steps(stage: Stage, port: int) -> Verdict:
    place = ("host", "127.0.0.1", "service", "smtp", "user", "ada")

    def store(value: str) -> bool:
        return stage.run("secret-tool", "store", "--label=Mail", *place, stdin=value).returncode == 0

    def send(user: str) -> bool:
        account = ("--file=/dev/null", "--host=127.0.0.1", f"--port={port}", "--auth=plain", "--tls=off")
        ran = stage.run(
            "msmtp", *account, f"--user={user}", "--from=a@mail.example", "b@mail.example", stdin="\nhello\n"
        )
        return ran.returncode == 0

    steps = {
        "no password, no mail": lambda: not send("ada") and not _Server.logins,
        "mail with the password": lambda: store("first") and send("ada") and _Server.logins[-1] == "\0ada\0first",
        "mail with the new one": lambda: store("second") and send("ada") and _Server.logins[-1] == "\0ada\0second",
        "nobody else's": lambda: not send("bob") and len(_Server.logins) == 2,  # noqa: PLR2004  # those two
    }
    return taken(steps)
