"""What the installation compiles is what a market book runs: nothing is left for somebody's first order."""

import subprocess
import sys

SCRIPT = """
import pkgutil
from importlib import import_module

import waglan.kernels
from waglan.cli.warm import floor

def compiled():
    names = [module.name for module in pkgutil.iter_modules(waglan.kernels.__path__)]
    modules = [import_module(f"waglan.kernels.{name}") for name in names]
    return {
        (module.__name__, name, str(signature))
        for module in modules
        for name, made in vars(module).items()
        for signature in getattr(made, "signatures", ())
    }

floor()
before = compiled()
assert ("waglan.kernels.guard", "ordered") in {(module, name) for module, name, _ in before}

import tempfile
from pathlib import Path
from waglan.cli.positions import demo
demo(Path(tempfile.mkdtemp()), seed=2, days=260, live=3, threads=1, as_json=True)
late = {one for one in compiled() - before if one[0].rsplit(".", 1)[1] in MARKET}
assert not late, sorted(late)
"""

MARKET = ("holdings", "checks", "guard", "options", "tails", "generation", "parametric", "normal", "fills")
"""Kernels that a market book runs; those of the log and the store are compiled with payments."""


def test_a_trading_floor_compiles_nothing_that_the_installation_did_not() -> None:
    script = f"MARKET = {MARKET!r}\n{SCRIPT}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
