"""The unfinished video as libav sees it."""

from __future__ import annotations

from typing import BinaryIO


class ScratchFile:
    """Takes what libav writes; remembers the first failure and swallows what still arrives after it.

    libav calls from C, where an exception cannot travel: whoever called libav looks at ``error`` afterwards.
    """

    name = ""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.closed = False  # set to give up: libav then leaves the file unfinished
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None and not self.closed:
            try:
                self.file.write(data)
                self.file.flush()
            except OSError as error:
                self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        if self.error is not None or self.closed:
            return offset
        try:
            return self.file.seek(offset, whence)
        except OSError as error:
            self.error = error
            return offset

    def tell(self) -> int:
        return self.file.tell()

    def read_again(self, url: str, flags: int, options: dict[str, str]) -> BinaryIO:
        """A second handle, with which the index of an mp4 is moved to the front."""
        return open(self.file.name, "rb")
