"""What the reference wrote for each network, with its known errors corrected."""

import gzip
import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data" / "torch" / "configs" / "pytorch_configs.json.gz"


@pytest.fixture(scope="session")
def wanted():
    """Name -> content of the file, keys in the order of the file."""
    return json.loads(gzip.decompress(DATA.read_bytes()))


@pytest.fixture
def minimal():
    """A project with as little as it takes."""
    return {"bodyparts": ["snout", "leftear", "rightear", "tailbase"], "individuals": ["mus1", "mus2", "mus3"]}
