"""Child processes that hear of the terminal's signals through their parent only."""

from __future__ import annotations

import os
import subprocess
from typing import Any


def own_group() -> dict[str, Any]:
    """Arguments of `subprocess.Popen` that keep Ctrl-C in the terminal from the child: its parent decides."""
    if os.name == "posix":
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
