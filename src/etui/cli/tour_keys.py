"""The tour's second act: keys that are used and never handed out, and a token that a program uses and never has."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Final

from etui.cli.scenery import SERVICE, SSHD, TOKEN
from etui.cli.tour_checks import Step, done, expect, told

if TYPE_CHECKING:
    from etui.cli.stage import Ran, Stage

_SSH: Final = {"ssh": "openssh-client"}
_HOST: Final = _SSH | {str(SSHD): "openssh-server"}
_LOGIN: Final = """\
sftp -q -F none -b looks -o BatchMode=yes -o IdentityFile=none -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=known_hosts -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR -P "$1" {user}@127.0.0.1
"""


def _make_key(at: Stage) -> list[str]:
    at.user.approves(action_contains="open the door", times=1)
    made = done(at.etui("key", "make", "Work"))
    opened = done(at.etui("door", "enable", "ssh-agent"))
    listed = done(at.run("ssh-add", "-l"))
    expect("Work" in listed.stdout, "the agent does not show the key")
    lines = [made.line, opened.line, listed.line, listed.stdout.rstrip()]
    return [*lines, *told(at, "crypto/1.generate", outcome="allowed", explained=True)]


def _public(at: Stage) -> str:
    """The key's public part, as the agent shows it to everybody."""
    return done(at.run("ssh-add", "-L")).stdout.strip()


def _log_in(at: Stage) -> list[str]:
    at.write("looks", "pwd\n")
    at.write("deploy", _LOGIN.format(user=getpass.getuser()))
    public = _public(at)
    at.user.approves(action_contains="log in over SSH", remember="always", times=1)
    with at.host("first", public) as port:
        first = _expect_inside(at.run("sh", "deploy", str(port)))
        lines = [first.line, *told(at, "ssh/1.login", outcome="approved", explained=True)]
        again = _expect_inside(at.run("sh", "deploy", str(port)))
    return [*lines, again.line, *told(at, "ssh/1.login", outcome="allowed", explained=True)]


def _other_host(at: Stage) -> list[str]:
    public = _public(at)
    at.user.refuses(action_contains="log in over SSH", times=1)
    with at.host("second", public) as port:
        refused = at.run("sh", "deploy", str(port))
    expect(refused.status != 0 and "directory" not in refused.stdout, "it was logged in")
    return [refused.line, *told(at, "ssh/1.login", outcome="refused", explained=True)]


def _commit(at: Stage) -> list[str]:
    at.user.approves(action_contains="public part", times=1)
    at.user.approves(action_contains="as git", times=1)
    setup = done(at.etui("git", "setup", "work", "--yes"))
    public = _public(at)
    at.write("signers", f"ada@example.org {public}\n")
    done(at.run("git", "init", "-q", "repository"))
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    commit = done(at.run("git", "-C", "repository", *identity, "commit", "-q", "--allow-empty", "-m", "first"))
    decided = told(at, "ssh/1.sign", outcome="approved", explained=True)
    signers = ("-c", f"gpg.ssh.allowedSignersFile={at.folder / 'signers'}")
    verified = done(at.run("git", "-C", "repository", *signers, "verify-commit", "HEAD"))
    expect("Good" in verified.stderr, f"git does not find the signature good: {verified.stderr}")
    shown = verified.stderr.strip().splitlines()[0]
    return [setup.line, commit.line, *decided, verified.line, shown]


def _decrypt(at: Stage) -> list[str]:
    at.user.approves(action_contains="decrypt a file", times=1)
    at.user.approves(action_contains="public part", times=1)
    made = done(at.etui("key", "make", "Files", "--algorithm", "x25519"))
    identity = done(at.etui("key", "identity", "files"))
    at.write("identity", identity.stdout)
    recipient = identity.stdout.partition("# recipient: ")[2].split()[0]
    at.write("letter", "For Ada alone.\n")
    encrypted = done(at.run("age", "-r", recipient, "-o", "letter.age", "letter"))
    decrypted = done(at.run("age", "-d", "-i", "identity", "letter.age"))
    expect(decrypted.stdout == "For Ada alone.\n", "age decrypted something else")
    shown = [made.line, identity.line, encrypted.line, decrypted.line, decrypted.stdout.strip()]
    return [*shown, *told(at, "age/1.unwrap", outcome="approved", explained=True)]


def _sign(at: Stage) -> list[str]:
    at.write("lease.txt", "I rent the flat in Gartengasse 7.\n")
    at.user.approves(action_contains="have you sign", text_contains="Gartengasse 7", times=1)
    signed = done(at.run("etui", "sign", "lease.txt", "--key", "work", "--out", "lease.jws"))
    lines = [signed.line, *told(at, "sign/1.sign_text", outcome="approved", explained=True)]
    verified = done(at.run("etui", "verify", "lease.jws", "--text", "lease.txt"))
    return [*lines, verified.line, verified.stdout.splitlines()[0]]


def _use(at: Stage) -> list[str]:
    at.write("keep", f"printf %s {TOKEN} | etui add Token\netui use-at token {SERVICE}\n")
    kept = done(at.run("sh", "keep"))
    ask = 'curl -sS -H "Authorization: Bearer $TOKEN" https://'
    at.write("agent", f"env | grep ^TOKEN=\n{ask}{SERVICE}/me\n")
    at.write("stray", f"{ask}other.etui.test/me\n")
    at.user.approves(action_contains="use “Token” in a GET request", remember="running", times=1)
    used = done(at.run("etui", "run", "--use", "token", "--", "sh", "agent"))
    expect("You are ada." in used.stdout, f"the service did not know the program: {used.stdout}")
    expect(TOKEN not in used.stdout + used.stderr, "the program had the token")
    decided = told(at, "secret/1.fetch", outcome="approved", explained=True)
    stray = at.run("etui", "run", "--use", "token", "--", "sh", "stray")
    expect(stray.status != 0 and "403" in stray.stderr, f"another host was not refused: {stray.stderr}")
    refused = told(at, "secret/1.fetch", outcome="denied", explained=True)
    shown = [kept.line, used.line, *used.stdout.splitlines(), *decided]
    return [*shown, stray.line, *stray.stderr.splitlines(), *refused]


def _expect_inside(ran: Ran) -> Ran:
    expect("Remote working directory" in done(ran).stdout, f"{ran.line} did not log in: {ran.stderr}")
    return ran


STEPS: Final = (
    Step("A key is made that the wallet never gives out", _make_key, _SSH),
    Step("A program logs in with it: asked once, not again for this host", _log_in, _HOST),
    Step("At another host it is asked about anew, and the user says no", _other_host, _HOST),
    Step("git signs a commit with it", _commit, _SSH | {"git": "git"}),
    Step("age decrypts a file with a key that it never sees", _decrypt, {"age": "age"}),
    Step("A text is read in the dialog, signed, and verified", _sign, _SSH),
    Step("A program uses a token that it never has", _use, {"curl": "curl"}),
)
