"""Options of the test run."""

import inspect
import json
from pathlib import Path


def pytest_addoption(parser):
    parser.addoption(
        "--store-signatures", action="store_true", help="store today's public signatures as the wanted ones"
    )


def pytest_configure(config):
    if config.getoption("--store-signatures", default=False):
        import deeplabcut

        values = {name: getattr(deeplabcut, name) for name in sorted(deeplabcut.__all__)}
        stored = {name: str(inspect.signature(v)) if inspect.isfunction(v) else None for name, v in values.items()}
        path = Path(__file__).parent / "data" / "contracts" / "public_signatures.json"
        path.write_text(json.dumps(stored, indent=1) + "\n")
