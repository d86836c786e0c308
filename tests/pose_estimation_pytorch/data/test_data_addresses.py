"""Names of the data package are found where scripts look for them, and cost nothing until they are used."""

import importlib
import subprocess
import sys

import pytest

from deeplabcut.project.snapshots import Snapshot


@pytest.mark.parametrize("module", ["data", "data.utils"])
def test_every_name_of_the_tables_is_there(module):
    package = importlib.import_module(f"deeplabcut.pose_estimation_pytorch.{module}")
    assert len(package.__all__) > 8 and all(getattr(package, name) is not None for name in package.__all__)


def test_snapshots_are_those_of_projects():
    from deeplabcut.pose_estimation_pytorch import data

    assert data.Snapshot is Snapshot


def test_importing_the_package_loads_no_heavy_library():
    code = (
        "import sys, deeplabcut.pose_estimation_pytorch.data.utils\n"
        "print([name for name in ('torch', 'cv2', 'pandas', 'numpy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
