"""Run records: what a verb did, from what, with which settings; written last, so that a record means "done".

A record lies in ``.dlc/`` beside the outputs. Whether work is done is decided by the content of the inputs, the
settings and the outputs, never by the mere existence of a file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.files import atomic_write_bytes, open_to_read

FOLDER = ".dlc"
SUFFIX = ".run.json"
_BLOCK = 1 << 20
_WHOLE_UP_TO = 64 << 20
_FORMAT = 1


@dataclass(frozen=True)
class Fingerprint:
    """What a file was: ``sha256`` is of the whole content, or of size, head and tail of a large one (``sampled``)."""

    name: str
    n_bytes: int
    mtime_ns: int
    sha256: str
    sampled: bool = False
    n_rows: int | None = None


@dataclass(frozen=True)
class RunRecord:
    """One finished piece of work.

    Parameters
    ----------
    verb : what was done, e.g. ``analyze_videos``.
    inputs : the files it was done from, by their role (``video``, ``snapshot``).
    settings : what shaped the result; plain JSON values.
    outputs : the files it left beside the record.
    versions : of the programs and libraries involved.
    started, finished : UTC.
    """

    verb: str
    inputs: Mapping[str, Fingerprint]
    settings: Mapping[str, Any]
    outputs: tuple[Fingerprint, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether work is done, and why not; true like a bool."""

    done: bool
    reason: str

    def __bool__(self) -> bool:
        return self.done


def now() -> str:
    """The time in UTC, as records have it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def fingerprint(path: str | os.PathLike[str], *, n_rows: int | None = None) -> Fingerprint:
    """The fingerprint of a file; of large ones (videos) the first and last blocks stand for the content."""
    path = Path(path)
    with open_to_read(path) as file:
        facts = os.fstat(file.fileno())
        sampled = facts.st_size > _WHOLE_UP_TO
        digest = hashlib.sha256(str(facts.st_size).encode() if sampled else b"")
        if sampled:
            for start in (0, facts.st_size // 2, facts.st_size - 4 * _BLOCK):
                file.seek(start)
                digest.update(file.read(4 * _BLOCK))
        else:
            while block := file.read(_BLOCK):
                digest.update(block)
    return Fingerprint(path.name, facts.st_size, facts.st_mtime_ns, digest.hexdigest(), sampled, n_rows)


def make_record(
    verb: str,
    inputs: Mapping[str, str | os.PathLike[str]],
    settings: Mapping[str, Any],
    outputs: Mapping[str | os.PathLike[str], int | None],
    *,
    versions: Mapping[str, str],
    started: str,
) -> RunRecord:
    """The record of work that has just finished; ``outputs`` maps each file to its number of rows, if it has any."""
    return RunRecord(
        verb,
        {role: fingerprint(path) for role, path in inputs.items()},
        _plain(settings),
        tuple(fingerprint(path, n_rows=n_rows) for path, n_rows in outputs.items()),
        dict(versions),
        started,
        now(),
    )


def record_path(output: str | os.PathLike[str]) -> Path:
    """Where the record of the work that made ``output`` lies."""
    output = Path(output)
    return output.parent / FOLDER / f"{output.name}{SUFFIX}"


def write_record(record: RunRecord, output: str | os.PathLike[str]) -> Path:
    """Store the record under its main output; call it after every output is in place."""
    path = record_path(output)
    path.parent.mkdir(exist_ok=True)
    content = {"format": _FORMAT, **asdict(record)}
    atomic_write_bytes(path, json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8"))
    return path


def find_record(output: str | os.PathLike[str]) -> RunRecord | None:
    """The record of the work that made ``output``; None if there is none, or none that can be read."""
    try:
        content = json.loads(record_path(output).read_text("utf-8"))
        return _record_of(content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def is_done(
    outputs: Iterable[str | os.PathLike[str]],
    inputs: Mapping[str, str | os.PathLike[str]],
    settings: Mapping[str, Any],
    *,
    verb: str,
) -> Verdict:
    """Whether the outputs stem from these inputs and settings and are still what they were.

    The first output is the main one, which carries the record.
    """
    places = [Path(output) for output in outputs]
    if not places:
        raise InvalidInput("Say which outputs the work has.")
    record = find_record(places[0])
    if record is None:
        state = "was left unfinished, or was made elsewhere" if places[0].exists() else "does not exist yet"
        return Verdict(False, f"{places[0].name} {state}")
    if record.verb != verb:
        return Verdict(False, f"{places[0].name} was made by {record.verb}")
    if changed := _changed_settings(record.settings, _plain(settings)):
        return Verdict(False, f"other settings: {changed}")
    if set(record.inputs) != set(inputs):
        return Verdict(False, f"other inputs: {', '.join(sorted(set(record.inputs) ^ set(inputs)))}")
    for role, path in inputs.items():
        if not _is_same(Path(path), record.inputs[role]):
            return Verdict(False, f"the {role} {Path(path).name} changed")
    known = {output.name: output for output in record.outputs}
    for place in places:
        if place.name not in known:
            return Verdict(False, f"{place.name} was not made by that run")
        if not place.exists():
            return Verdict(False, f"{place.name} is gone")
        if not _is_same(place, known[place.name]):
            return Verdict(False, f"{place.name} was changed since")
    return Verdict(True, f"done {record.finished}")


def _is_same(path: Path, known: Fingerprint) -> bool:
    try:
        facts = path.stat()
    except OSError:
        return False
    if facts.st_size != known.n_bytes:
        return False
    return facts.st_mtime_ns == known.mtime_ns or fingerprint(path).sha256 == known.sha256


def _changed_settings(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = [
        name
        for name in sorted({*before, *wanted})
        if name not in before or name not in wanted or not _same(before[name], wanted[name])
    ]
    return ", ".join(f"{name} was {before.get(name)!r}, now {wanted.get(name)!r}" for name in names[:3])


def _same(one: Any, other: Any) -> bool:
    """Equal, where NaN equals itself."""
    return bool(one == other) or json.dumps(one) == json.dumps(other)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they look after a trip through JSON, so that they compare equal to stored ones."""
    try:
        return dict(json.loads(json.dumps(dict(settings), sort_keys=True, allow_nan=True)))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The settings of a record must be plain values: {error}.") from error


def _record_of(content: dict[str, Any]) -> RunRecord:
    if content["format"] != _FORMAT:
        raise ValueError("a record of another format")
    return RunRecord(
        str(content["verb"]),
        {str(role): _fingerprint_of(entry) for role, entry in content["inputs"].items()},
        dict(content["settings"]),
        tuple(_fingerprint_of(entry) for entry in content["outputs"]),
        {str(name): str(version) for name, version in content["versions"].items()},
        str(content["started"]),
        str(content["finished"]),
    )


def _fingerprint_of(entry: dict[str, Any]) -> Fingerprint:
    n_rows = entry["n_rows"]
    return Fingerprint(
        str(entry["name"]), int(entry["n_bytes"]), int(entry["mtime_ns"]), str(entry["sha256"]),
        bool(entry["sampled"]), None if n_rows is None else int(n_rows),
    )  # fmt: skip
