from __future__ import annotations

import importlib.util
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core.poses import Annotations, BodyPlan, PoseTable
from deeplabcut.io.tables import Table

DATA = Path(__file__).resolve().parents[2] / "data" / "tables"
VERSIONS = ("pandas-1.5.3", "pandas-2.2.3", "pandas-3.1.1")


def _sample_maker():
    spec = importlib.util.spec_from_file_location("make_table_samples", DATA / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def sample_maker():
    return _sample_maker()


@pytest.fixture(scope="session", params=VERSIONS)
def pandas_files(request, tmp_path_factory):
    """A folder of files that one version of pandas wrote."""
    folder = tmp_path_factory.mktemp(request.param)
    with zipfile.ZipFile(DATA / f"{request.param}.zip") as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def sample_tables():
    """The tables that the stored files hold, built without pandas: name -> (table, layout)."""
    made = {}
    for name, (values, rows, columns, names, key, layout) in _sample_maker().samples().items():
        labels = np.array(rows, np.int64) if rows and isinstance(rows[0], int) else tuple(rows)
        made[name] = Table(values, labels, tuple(columns), names, (None,) * 3 if not rows else (), key), layout
    return made


@pytest.fixture
def two_mice():
    """Labels of four images: two mice with three parts, and a corner of the box."""
    plan = BodyPlan(("snout", "ear", "tail"), ("m1", "m2"), ("corner",))
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 640, (4, 2, 3, 2))
    xy[1, 1] = xy[2, 0, 1] = np.nan
    images = tuple(("labeled-data", "cage", f"img{i:02d}.png") for i in (4, 1, 3, 2))
    return Annotations(plan, "Bob", images, xy, rng.uniform(0, 640, (4, 1, 2)))


@pytest.fixture
def one_mouse():
    plan = BodyPlan(("snout", "tail"))
    rng = np.random.default_rng(2)
    images = tuple(("labeled-data", "cage", f"img{i:02d}.png") for i in range(3))
    return Annotations(plan, "Bob", images, rng.uniform(0, 640, (3, 1, 2, 2)))


@pytest.fixture
def tracked_mice():
    """Predictions of seven frames for two mice and a corner, some points absent."""
    plan = BodyPlan(("snout", "tail"), ("m1", "m2"), ("corner",))
    rng = np.random.default_rng(3)
    poses = rng.uniform(0, 640, (7, 2, 2, 3)).astype(np.float32)
    poses[3, 1], poses[4, 0, 0] = np.nan, -1
    return PoseTable(plan, "DLC_net", np.arange(7), poses, rng.uniform(0, 1, (7, 1, 3)).astype(np.float32))


@pytest.fixture
def old_python():
    """Another interpreter, with an older pandas and numpy; name it in DLC_OLD_PYTHON."""
    path = os.environ.get("DLC_OLD_PYTHON", "")
    if not path:
        pytest.skip("DLC_OLD_PYTHON names no interpreter with an older pandas")
    return path


@pytest.fixture
def peak_growth_mb():
    """Call it to learn how far the peak of memory rose since the test began."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the peak of memory is measured on Linux")
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_kb()
    return lambda: (_peak_kb() - before) / 1024


def _peak_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
