"""``paramiko``'s client of SSH agents, as its users call it: lists, logs in, is refused; tells each step."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

import paramiko


def logged_in(port: int, user: str) -> bool:
    """Logs in by whatever the agent has, and runs a command there."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507  # made for this run
    try:
        client.connect("127.0.0.1", port, user, look_for_keys=False, allow_agent=True)
    except (paramiko.SSHException, OSError):
        return False
    try:
        _, out, _ = client.exec_command("echo inside")
        return out.read() == b"inside\n"
    finally:
        client.close()


def by_one_key(port: int, user: str, key: paramiko.AgentKey) -> bool:
    """Logs in by one key of the agent's, over a transport of its own."""
    with paramiko.Transport(socket.create_connection(("127.0.0.1", port))) as transport:
        transport.start_client()
        try:
            transport.auth_publickey(user, key)
        except paramiko.SSHException:
            return False
        return transport.is_authenticated()


def refused(key: paramiko.AgentKey) -> bool:
    """Has bytes signed that mean nothing."""
    try:
        key.sign_ssh_data(b"anything")
    except paramiko.SSHException:
        return True
    return False


def forwarded(port: int, user: str) -> bool:
    """Lends the agent to the other machine, and lists there what it has."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507  # made for this run
    client.connect("127.0.0.1", port, user, look_for_keys=False, allow_agent=True)
    with client:
        channel = client.get_transport().open_session()
        lending = paramiko.agent.AgentRequestHandler(channel)
        channel.exec_command("ssh-add -L")
        listed = channel.makefile().read()
        lending.close()
        return listed.count(b"\n") == len(paramiko.Agent().get_keys())


def main() -> None:
    """Takes the steps."""
    port, other, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    keys = paramiko.Agent().get_keys()
    names = sorted(key.get_name() for key in keys)
    steps: dict[str, Callable[[], bool]] = {
        "list": lambda: names == ["ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa"],
        "log in": lambda: logged_in(port, user),
        **{f"log in by {key.get_name()}": (lambda key=key: by_one_key(port, user, key)) for key in keys},
        "a host that lets nobody in": lambda: not logged_in(other, user),
        "forward": lambda: forwarded(port, user),
        "comments": lambda: sorted(key.comment for key in keys) == ["ecdsa", "ed25519", "rsa"],
        "bytes that mean nothing": lambda: all(map(refused, keys)),
    }
    for name, step in steps.items():
        sys.stdout.write(f"{name} ... {'ok' if step() else 'failed'}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
