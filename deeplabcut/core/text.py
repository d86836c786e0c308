"""Text that comes from elsewhere: made safe to show, and compared whatever system wrote it."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """``text`` with control characters made visible, so that a file name cannot drive the terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def same_text(text: str) -> str:
    """``text`` in the form in which equal names compare equal, whatever system wrote them."""
    return unicodedata.normalize("NFC", text)
