"""The published networks: their configurations, parameters, and outputs for weights that anybody can make."""

import json
import lzma
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

DATA = Path(__file__).parents[3] / "data" / "torch" / "models" / "networks.json.xz"


@pytest.fixture(scope="session")
def networks():
    """Name -> its ``model`` section, ``parameters`` {name: [shape, dtype]} and ``golden`` numbers."""
    return json.loads(lzma.decompress(DATA.read_bytes()))


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _made_up(name, value):
    if name.endswith("num_batches_tracked"):
        return torch.zeros_like(value)
    if name.endswith(("regular_matrix", "pos_embedding")):
        return value
    number = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(tuple(value.shape))
    if name.endswith("running_var"):
        number = 1 + 0.1 * np.abs(number)
    elif name.endswith("running_mean"):
        number = 0.1 * number
    elif value.ndim >= 2:
        number = number / np.sqrt(value.numel() / value.shape[0])
    elif name.endswith((".weight", ".g", ".scale")):
        number = 1 + 0.1 * number
    else:
        number = 0.1 * number
    return torch.as_tensor(np.asarray(number), dtype=value.dtype)


@pytest.fixture(scope="session")
def with_made_up_weights():
    """Give a network the weights that follow from the names of its parameters, and switch it to evaluation."""

    def fill(network):
        network.load_state_dict({name: _made_up(name, value) for name, value in network.state_dict().items()})
        return network.eval()

    return fill


@pytest.fixture(scope="session")
def made_up_image():
    return lambda shape: torch.as_tensor(np.random.RandomState(123).standard_normal(shape), dtype=torch.float32)


@pytest.fixture(scope="session")
def distance_from():
    """How far a map is from its recorded shape, mean, spread and five of its values, in units of the spread."""

    def distance(values, record):
        values = values.detach().numpy()
        assert list(values.shape) == record["shape"]
        flat = values.astype(np.float64).ravel()
        pairs = [(flat.mean(), record["mean"]), (flat.std(), record["std"])]
        pairs += [(flat.min(), record["min"]), (flat.max(), record["max"])]
        pairs += [(flat[int(index)], value) for index, value in record["at"].items()]
        return max(abs(found - wanted) for found, wanted in pairs) / max(record["std"], 1e-9)

    return distance
