"""Trying the behaviour of pandas 3 with pandas 2.3, on request through an environment variable."""

from __future__ import annotations

import os

VARIABLE = "DLC_PANDAS_FUTURE"


def is_enabled() -> bool:
    """Whether ``DLC_PANDAS_FUTURE`` asks for it (1, true or yes)."""
    return os.environ.get(VARIABLE, "").strip().lower() in ("1", "true", "yes")


def configure_pandas_future_if_enabled() -> None:
    """If asked for, have pandas 2.3 infer text columns as pandas 3 does, and warn where copies will differ.

    With pandas 3 there is nothing to do; earlier versions than 2.3 cannot do it: RuntimeError.
    """
    if not is_enabled():
        return
    import pandas as pd

    version = tuple(int(part) for part in pd.__version__.split(".")[:2])
    if version >= (3, 0):
        return
    if version != (2, 3):
        raise RuntimeError(
            f"{VARIABLE} works with pandas 2.3 (pandas 3 behaves so by itself); this is pandas {pd.__version__}.\n"
            f"  what to do: install pandas 2.3 or newer, or unset {VARIABLE}"
        )
    pd.set_option("future.infer_string", True)
    pd.set_option("mode.copy_on_write", "warn")
