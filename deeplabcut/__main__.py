"""``python -m deeplabcut`` is the ``dlc`` command."""

import sys

from deeplabcut.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
