"""What the Extensions that come with the wallet say of themselves."""

from etui.trusted.package.archive import read_folder
from etui.trusted.package.contents import check_contents
from etui.trusted.package.supplied import SUPPLIED, supplied_manifests


def test_the_manifests_name_what_the_folders_hold() -> None:
    manifests = {folder.name: manifest for folder, manifest in supplied_manifests().items()}
    for name, provides, uses in (
        ("secrets", ("secret/1",), ("dialog/1", "egress/1", "storage/1")),
        ("encryption", ("crypto/1", "sign/1", "ssh/1", "age/1"), ("dialog/1", "storage/1")),
        ("storage_software", ("storage/1",), ()),
        ("cards", ("payment/1",), ("card/1", "coverage/1", "dialog/1", "receipt/1", "routing/1", "storage/1")),
        ("issuer_card", ("card/1", "apdu/1"), ("coverage/1", "egress/1", "routing/1", "storage/1")),
        ("receipts", ("receipt/1", "relationship/1"), ("card/1", "storage/1")),
        ("operator", ("routing/1",), ("egress/1", "storage/1")),
        ("guard", ("adviser/1", "likeness/1"), ("storage/1",)),
    ):
        manifest = manifests[name]
        assert (manifest.provides, manifest.uses) == (provides, uses)
        files = {file.path: file for file in read_folder(SUPPLIED / name, left_out=frozenset({"__pycache__"}))}
        assert check_contents(manifest, files) == ()
        assert manifest.logo in files
        assert manifest.permissions.folder is ("storage/1" in provides)
