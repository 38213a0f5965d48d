from pathlib import Path

import pytest
from tests.trusted.audit.audits import Audit


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "audit").create()
