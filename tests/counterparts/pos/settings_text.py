"""The file of settings of the terminal of these tests."""

from __future__ import annotations

from tests.counterparts.pos.driving import terminal


def settings_text(**members: object) -> str:
    said = terminal(**members)
    lines = [f'{name} = "{getattr(said, name)}"' for name in ("merchant", "terminal", "mcc", "acquirer", "country")]
    lines += [f'currency = "{said.currency}"', 'letters = "EUR"', f'location = "{said.location}"']
    for one in said.applications:
        lines += ["[[application]]", f'identifier = "{one.identifier.hex()}"']
        lines += [f"floor_limit_minor = {one.floor_limit_minor}", f"cvm_limit_minor = {one.cvm_limit_minor}"]
    for key in said.keys:
        lines += ["[[key]]", f'rid = "{key.rid.hex()}"', f"index = {key.index}", 'exponent = "03"']
        lines += [f'modulus = "{key.key.modulus_bytes().hex()}"', f'check_sum = "{key.check_sum().hex()}"']
    return "\n".join(lines)
