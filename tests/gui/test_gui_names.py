"""The package of the GUI imports without a GUI; its names say why they are absent."""

import subprocess
import sys

import pytest

import deeplabcut.gui
from deeplabcut import _names


@pytest.mark.parametrize("name", _names.GUI)
def test_names_of_the_gui_are_absent_with_a_reason(name):
    assert name in dir(deeplabcut.gui) and not hasattr(deeplabcut.gui, name)
    with pytest.raises(AttributeError, match="browser GUI"):
        getattr(deeplabcut.gui, name)


def test_other_names_are_plainly_unknown():
    with pytest.raises(AttributeError, match="no attribute 'window'"):
        _ = deeplabcut.gui.window


def test_the_import_loads_nothing_heavy():
    program = "import deeplabcut.gui, sys; print(*{'numpy', 'pandas', 'torch', 'PySide6', 'cv2'} & set(sys.modules))"
    heavy = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert heavy.stdout.strip() == ""
