"""Questions to the person at the terminal."""

from __future__ import annotations

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable

YES = frozenset(["y", "yes", "ja", "ha", "oui", "ouais"])


def agreed(question: str) -> bool:
    """Whether the answer to ``question`` is yes; without anybody who could answer an error, never a guess."""
    progress.current().check()
    try:
        answer = input(f"{printable(question)} [yes/no] ")
    except EOFError:
        raise InvalidInput(
            f"Nobody is there to answer: {question}",
            fix="answer in a terminal, or pass userfeedback=False (on the command line: --no-userfeedback)",
        ) from None
    return answer.strip().lower() in YES
