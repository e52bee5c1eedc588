"""Shared data is read where it lies: WAGLAN_DATA, by default `../shared` beside the checkout.

A test that needs it asks for the fixture `shared`; where the folder is absent the test skips and says so, and where
WAGLAN_DATA_REQUIRED is set (the gate sets it) a missing file is a failure. The last lines of a run count both.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A kernel's first call loads or compiles it, which no deadline should count; the gate must not depend on luck.
settings.register_profile("waglan", deadline=None, derandomize=True)
settings.load_profile("waglan")

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("WAGLAN_DATA", ROOT.parent / "shared"))
_used: set[str] = set()


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Path of a shared file, such as `shared("data/taiwan_default.parquet")`."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            message = f"shared data {name} is not under WAGLAN_DATA={DATA}"
            if os.environ.get("WAGLAN_DATA_REQUIRED"):
                pytest.fail(message)
            pytest.skip(message)
        _used.add(request.node.nodeid)
        return path

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "shared data" in str(r.longrepr)]
    terminalreporter.write_line(f"shared data: {len(_used)} tests read it, {len(skipped)} skipped")
