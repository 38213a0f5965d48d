"""``python -m judges [NAME …]``: asks the judges, and exits with 1 where one says another thing than expected.

With ``--yardstick`` they are asked about gnome-keyring instead, or OpenSSH's ssh-agent, and nothing is expected. With
``--sample`` those that take long about much are asked about a part of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from judges import (
    addons_linter,
    age,
    asyncssh,
    axe,
    axe_extension,
    axe_sites,
    cctv,
    chromium,
    chromium_extension,
    docker,
    emv,
    git,
    git_credential,
    keyring,
    libsecret,
    lighthouse,
    msmtp,
    node,
    opensc,
    openssh,
    paramiko,
    payment_request,
    pinentry,
    sdbus,
    secret_tool,
    secretstorage,
    use,
    uv,
)
from judges.expected import EXPECTED, OF_SAMPLES, Verdict
from judges.needs import missing
from judges.provisions import debian, installed
from judges.stage import (
    ExtensionStage,
    PageStage,
    Stage,
    TerminalStage,
    agent_stage,
    agent_yardstick,
    extension_stage,
    page_stage,
    shell_stage,
    stage,
    terminal_stage,
    yardstick,
)

Judge: TypeAlias = Callable[[Stage], Verdict]

JUDGES: Final[dict[str, Judge]] = {
    "secretstorage": partial(secretstorage.judge, version="3.5.0"),
    "secretstorage-3.4.1": partial(secretstorage.judge, version="3.4.1"),
    "secretstorage-3.3.3": partial(secretstorage.judge, version="3.3.3"),
    "secretstorage-2.3.1": partial(secretstorage.judge, version="2.3.1"),
    "secret-tool": secret_tool.judge,
    "libsecret": libsecret.judge,
    "keyring": keyring.judge,
    "keyring-sources": keyring.judge_sources,
    "keyring-jeepney": keyring.judge_jeepney,
    "sdbus-secrets": sdbus.judge,
    "keytar": partial(node.judge, name="keytar"),
    "napi-keyring": partial(node.judge, name="napi-keyring"),
    "uv": uv.judge,
    "use": use.judge,
    "docker-credential-secretservice": docker.judge,
    "msmtp": msmtp.judge,
    "pinentry": pinentry.judge,
    "git-credential-libsecret": git_credential.judge,
    "age": age.judge,
    "age-cctv": cctv.judge,
    "git": git.judge,
    "chromium": chromium.judge,
    "openssh": openssh.judge,
    "paramiko": paramiko.judge,
    "asyncssh": asyncssh.judge,
    "axe": axe.judge,
    "axe-sites": axe_sites.judge,
    "lighthouse": lighthouse.judge,
    "addons-linter": addons_linter.judge,
    "chromium-extension": chromium_extension.judge,
}
SAMPLES: Final[dict[str, Judge]] = {
    "age-cctv": partial(cctv.judge, step=5),
    "lighthouse": partial(lighthouse.judge, pages=["the wallet"]),
}
"""Those that can be asked about less, so asked."""
OF_THE_AGENT: Final = {"openssh", "paramiko", "asyncssh"}
"""Those that judge the SSH agent; the others judge the Secret Service."""
OF_THE_SHELL: Final = {"axe", "axe-sites", "lighthouse"}
"""Those that judge the Shell, and the sites. There is no yardstick."""
OF_THE_CARD: Final[dict[str, tuple[Callable[[], Path], Callable[[TerminalStage], Verdict]]]] = {
    "emv": (partial(installed, emv.PACKAGE), emv.judge),
    "opensc-tool": (partial(debian, *opensc.PACKAGES), opensc.judge),
}
"""Those that judge the card at a terminal, each with what fetches it. There is no yardstick, and they take root."""
OF_PAGES: Final[dict[str, Callable[[PageStage], Verdict]]] = {"payment-request": payment_request.judge}
"""Those that judge what pages see in a browser. There is no yardstick."""
OF_THE_EXTENSION: Final[dict[str, Callable[[ExtensionStage], Verdict]]] = {"axe-extension": axe_extension.judge}
"""Those that judge the browser's extension. There is no yardstick."""
NAMES: Final = (*JUDGES, *OF_PAGES, *OF_THE_CARD, *OF_THE_EXTENSION)


def main() -> int:
    """Asks those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m judges", description=__doc__)
    parser.add_argument("--yardstick", action="store_true", help="ask about gnome-keyring, or ssh-agent, instead")
    parser.add_argument("--sample", action="store_true", help=f"ask {' and '.join(SAMPLES)} about a part")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"whom to ask: {', '.join(NAMES)}; all without")
    arguments = parser.parse_args()
    names = arguments.names or list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"there is no judge {unknown[0]!r}")
    judges = JUDGES | SAMPLES if arguments.sample else JUDGES
    expected = EXPECTED | OF_SAMPLES if arguments.sample else EXPECTED
    as_expected = True
    for name in names:
        sys.stdout.write(f"{name}\n")
        if packages := missing(name):
            as_expected = False
            sys.stdout.write(f"not asked: it needs {', '.join(packages)} (packages/debian-test.txt)\n")
            continue
        if arguments.yardstick and name in {*OF_THE_CARD, *OF_THE_SHELL, *OF_PAGES, *OF_THE_EXTENSION}:
            sys.stdout.write("not asked: nothing else here is a card, a Shell or what a browser has of a wallet\n")
            continue
        verdict = _beside(name, judges) if arguments.yardstick else _asked(name, judges)
        if verdict != expected[name] and not arguments.yardstick:
            as_expected = False
            sys.stdout.write(
                f"expected: {expected[name]}, skipped for {expected[name].skipped}; got {verdict.skipped}\n"
            )
        sys.stdout.write(f"{verdict}\n")
    return 0 if as_expected else 1


def _asked(name: str, judges: Mapping[str, Judge]) -> Verdict:
    """What a judge says of the wallet."""
    if name in OF_THE_CARD:
        fetched, judge = OF_THE_CARD[name]
        with terminal_stage(fetched()) as terminal:
            return judge(terminal)
    if name in OF_THE_EXTENSION:
        with extension_stage() as before:
            return OF_THE_EXTENSION[name](before)
    if name in OF_THE_SHELL:
        with shell_stage() as shown:
            return judges[name](shown)
    if name in OF_PAGES:
        with page_stage() as paid:
            return OF_PAGES[name](paid)
    with agent_stage() if name in OF_THE_AGENT else stage() as place:
        return judges[name](place)


def _beside(name: str, judges: Mapping[str, Judge]) -> Verdict:
    """What it says of the yardstick."""
    with agent_yardstick() if name in OF_THE_AGENT else yardstick() as place:
        return judges[name](place)


if __name__ == "__main__":
    sys.exit(main())
