"""Whether the environment asks for more words: ``DEBUG`` with anything but nothing, 0, false or no."""

import os

DEBUG = os.environ.get("DEBUG", "").strip().lower() not in ("", "0", "false", "no")
