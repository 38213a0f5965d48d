"""Strangers' Extensions for the tests of the Router: small packages, signed, installed and confined like any other."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

import msgspec

from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.trusted.package import PublisherKey, pack, sign

KEY = PublisherKey.generate()


class Stranger:
    """A package of one module and one interface, ``org.example.NAME/1``."""

    def __init__(  # noqa: PLR0913  # a package has these parts
        self,
        name: str,
        code: str,
        methods: Mapping[str, object],
        *,
        uses: tuple[str, ...] = (),
        hosts: tuple[str, ...] = (),
        extra: str = "",
        **document: object,
    ) -> None:
        self.id = f"org.example.{name}"
        self.interface = f"{self.id}/1"
        self.principal = f"ext:org.example/{self.id}"
        text = {"interface": self.interface, "title": name.title(), "methods": methods, **document}
        self.document = msgspec.json.encode(text)
        self.code = textwrap.dedent(code)
        self.manifest = (
            f'id = "{self.id}"\nname = "{name.title()}"\npublisher = "org.example"\nversion = "1.0.0"\n'
            f'description = "For tests."\npython = ["main.py"]\nprovides = ["{self.interface}"]\n'
            f'interfaces = ["{name}.json"]\nuses = {list(uses)}\n'
            + (f"[permissions]\nnetwork = {list(hosts)}\n" if hosts else "")
            + extra
        )
        self._name = name

    def package(self, version: str = "1.0.0") -> bytes:
        """The signed package."""
        manifest = self.manifest.replace('version = "1.0.0"', f'version = "{version}"')
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "manifest.toml").write_text(manifest, encoding="utf-8")
            (folder / f"{self._name}.json").write_bytes(self.document)
            (folder / "main.py").write_text(self.code, encoding="utf-8")
            return sign(pack(folder), KEY)

    def install(self, wallet: TestWallet) -> None:
        """Has the user install it."""
        file = wallet.folder / f"{self._name}.etuipkg"
        file.write_bytes(self.package())
        wallet.user.approves(action_contains=f"install “{self._name.title()}”", times=1)
        with wallet.connect() as client:
            client.call(wallet_interface.Install(path=str(file)))

    def call(self, client: Client, method: str, /, **params: object) -> dict[str, object]:
        """What its method answers."""
        result = client.call_raw(f"{self.interface}.{method}", msgspec.json.encode(params))
        return msgspec.json.decode(result, type=dict[str, object])
