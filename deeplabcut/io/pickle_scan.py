"""A look at the opcodes of a pickle before it is loaded.

The unpickler of the interpreter believes the lengths and memo indices that a file states, so eight bytes can ask
it for gigabytes. Here every length is checked against the file and every index against what the file can hold.
Long stretches of plain opcodes are skipped by one regular expression, so large files cost little.
"""

from __future__ import annotations

import mmap
import re

from deeplabcut.core.errors import DamagedFile, UnsafeFile

Buffer = bytes | mmap.mmap

_PLAIN = re.compile(
    rb"(?s:[(012NRbaelt\]os)ud}\x81\x85-\x89\x8f-\x94]|[Kqh\x80].|M..|[Jj]....|G........){1,200}"
)  # fmt: skip
_LENGTH_BYTES = {0x55: 1, 0x54: 4, 0x58: 4, 0x8C: 1, 0x8D: 8, 0x42: 4, 0x43: 1, 0x8E: 8, 0x96: 8, 0x8A: 1, 0x8B: 4}
_ONE_LINE, _TWO_LINES = frozenset(b"pgIFLSV"), frozenset(b"ci")
_REFUSED = frozenset(b"PQ\x82\x83\x84\x97\x98")  # objects from outside, extensions, buffers from outside
_STOP, _PUT, _LONG_BINPUT, _FRAME = ord("."), ord("p"), ord("r"), 0x95
_MAX_LINE = 1 << 20


def scan(data: Buffer, where: str) -> int:
    """Position just after the pickle's end; raises if the stream is cut short or claims what it does not hold."""
    position, end, advance = 0, len(data), _PLAIN.match
    while True:
        while (run := advance(data, position)) is not None:
            position = run.end()
        if position >= end:
            raise DamagedFile("The pickle ends too early.", where=where, fix="make the file again, or use a copy of it")
        opcode = data[position]
        if opcode == _STOP:
            return position + 1
        if (n_bytes := _LENGTH_BYTES.get(opcode)) is not None:
            start = position + 1 + n_bytes
            position = start + int.from_bytes(data[position + 1 : start], "little")
            if position > end:
                raise DamagedFile("The pickle ends inside a value, or states a length it does not have.", where=where)
        elif opcode == _FRAME:
            position += 9
            if int.from_bytes(data[position - 8 : position], "little") > end - position:
                raise DamagedFile("The pickle is cut short.", where=where)
        elif opcode == _LONG_BINPUT:
            position += 5
            if int.from_bytes(data[position - 4 : position], "little") > end:
                raise UnsafeFile("The pickle asks for more memory than its size can need.", where=where)
        elif opcode in _ONE_LINE or opcode in _TWO_LINES:
            position = _after_lines(data, position, where)
        elif opcode in _REFUSED:
            raise UnsafeFile(
                f"The pickle uses the instruction {opcode:#04x} at byte {position}, which data never needs.",
                where=where,
                fix=f"if you made this file yourself and trust it, run: dlc trust {where}",
            )
        else:
            raise DamagedFile(f"This is no pickle: {opcode:#04x} at byte {position}.", where=where)


def _after_lines(data: Buffer, position: int, where: str) -> int:
    opcode, start = data[position], position + 1
    limit = len(data) if opcode in b"SV" else start + _MAX_LINE
    line_end = data.find(b"\n", start, limit)
    if line_end >= 0 and opcode in _TWO_LINES:
        line_end = data.find(b"\n", line_end + 1, limit + _MAX_LINE)
    if line_end < 0:
        raise DamagedFile("The pickle ends inside a line of text.", where=where)
    if opcode == _PUT:
        index = bytes(data[start:line_end])
        if not index.isdigit() or len(index) > 12 or int(index) > len(data):
            raise UnsafeFile("The pickle asks for more memory than its size can need.", where=where)
    return line_end + 1
