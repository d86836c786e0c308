"""The mode in which pandas 2.3 behaves as pandas 3."""

import sys
from types import SimpleNamespace

import pytest

from deeplabcut.io.pandas_mode import configure_pandas_future_if_enabled, is_enabled


@pytest.fixture
def pandas_of(monkeypatch):
    """A stand-in for pandas of some version, which keeps the options that are set."""

    def install(version):
        options = {}
        stand_in = SimpleNamespace(__version__=version, set_option=options.__setitem__)
        monkeypatch.setitem(sys.modules, "pandas", stand_in)
        return options

    return install


@pytest.mark.parametrize(
    ("value", "wanted"), [("1", True), ("true", True), ("YES", True), ("0", False), ("", False), ("no", False)]
)
def test_the_variable_says_whether_it_is_asked_for(monkeypatch, value, wanted):
    monkeypatch.setenv("DLC_PANDAS_FUTURE", value)
    assert is_enabled() is wanted
    monkeypatch.delenv("DLC_PANDAS_FUTURE")
    assert not is_enabled()


def test_nothing_happens_unless_asked_for(monkeypatch, pandas_of):
    monkeypatch.delenv("DLC_PANDAS_FUTURE", raising=False)
    options = pandas_of("1.0")
    configure_pandas_future_if_enabled()
    assert not options


def test_pandas_2_3_gets_the_behaviour_of_pandas_3(monkeypatch, pandas_of):
    monkeypatch.setenv("DLC_PANDAS_FUTURE", "1")
    options = pandas_of("2.3.1")
    configure_pandas_future_if_enabled()
    assert options == {"future.infer_string": True, "mode.copy_on_write": "warn"}


def test_pandas_3_needs_nothing_and_older_ones_cannot(monkeypatch, pandas_of):
    monkeypatch.setenv("DLC_PANDAS_FUTURE", "1")
    options = pandas_of("3.1.0.dev0")
    configure_pandas_future_if_enabled()
    assert not options
    pandas_of("2.2.3")
    with pytest.raises(RuntimeError, match=r"this is pandas 2\.2\.3"):
        configure_pandas_future_if_enabled()
