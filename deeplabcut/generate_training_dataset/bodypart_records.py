"""What changes of bodyparts leave behind for an undo: ``.history/bodyparts/<number>`` in the project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from deeplabcut.core.errors import DamagedFile, Missing
from deeplabcut.core.files import atomic_write_bytes
from deeplabcut.core.history import FOLDER
from deeplabcut.generate_training_dataset.bodypart_columns import NameChange
from deeplabcut.generate_training_dataset.bodypart_names import Names
from deeplabcut.io.hdf import read_table, write_table
from deeplabcut.io.tables import Column, Table
from deeplabcut.project.operations import Operation

_FILE = "record.json"
_FORM = 1


@dataclass(frozen=True)
class Record:
    """One change: the names before and after, the columns that each file had, and where its labels are kept."""

    folder: Path
    change: NameChange
    before: Names
    after: Names
    columns: Mapping[str, tuple[Column, ...]]
    places: Mapping[str, str] = field(default_factory=dict)  # label file -> file here with the columns taken out
    undone: bool = False
    tables: Mapping[str, Table] = field(default_factory=dict)  # name of a file here -> what it is to hold

    @property
    def files_with_labels(self) -> list[str]:
        """The label files out of which columns were taken."""
        return list(self.places)

    def kept(self, name: str) -> Table | None:
        """The columns that the change took out of a label file."""
        return read_table(self.folder / self.places[name]) if name in self.places else None

    def taken_back(self, put_away: Mapping[str, Table]) -> Record:
        """The record once its change is undone, with the columns that the undo takes out."""
        tables = {f"undone-{i:04d}.h5": table for i, table in enumerate(put_away.values())}
        return replace(self, undone=True, tables=tables)

    def write(self, change: Operation) -> None:
        """Make the record a part of the operation."""
        for name, table in self.tables.items():
            write_table(change.new(self.folder / name), table, layout="fixed")
        content = {
            "form": _FORM, "undone": self.undone, "change": asdict(self.change), "before": asdict(self.before),
            "after": asdict(self.after), "columns": self.columns, "places": self.places,
        }  # fmt: skip
        atomic_write_bytes(change.new(self.folder / _FILE), json.dumps(content, indent=1).encode())


def new_record(
    project: Path,
    change: NameChange,
    before: Names,
    after: Names,
    columns: Mapping[str, tuple[Column, ...]],
    kept: Mapping[str, Table],
) -> Record:
    """The record of a change that is about to happen; ``kept`` are the columns taken out of each file."""
    places = {name: f"{i:04d}.h5" for i, name in enumerate(kept)}
    number = 1 + max((int(folder.name) for folder in _folders(project)), default=0)
    folder = project / FOLDER / "bodyparts" / f"{number:06d}"
    tables = {places[name]: table for name, table in kept.items()}
    return Record(folder, change, before, after, columns, places, tables=tables)


def last_record(project: Path) -> Record:
    """The last change that was not taken back."""
    for folder in reversed(_folders(project)):
        record = _read(folder)
        if not record.undone:
            return record
    raise Missing(
        "No change of bodyparts is left to take back.",
        where=project / FOLDER / "bodyparts",
        fix="earlier versions of labels and of config.yaml come back with: dlc restore FILE",
    )


def _folders(project: Path) -> list[Path]:
    root = project / FOLDER / "bodyparts"
    return sorted(one for one in root.iterdir() if one.name.isdigit() and one.is_dir()) if root.is_dir() else []


def _read(folder: Path) -> Record:
    try:
        content: dict[str, Any] = json.loads((folder / _FILE).read_text("utf-8"))
        if content["form"] != _FORM:
            raise ValueError(f"form {content['form']}")
        places = {str(name): str(place) for name, place in content["places"].items()}
        if any(Path(place).name != place for place in places.values()):
            raise ValueError("a place outside its folder")
        return Record(
            folder,
            NameChange(**{key: _tuples(value) for key, value in content["change"].items()}),
            Names(**{key: _tuples(value) for key, value in content["before"].items()}),
            Names(**{key: _tuples(value) for key, value in content["after"].items()}),
            {name: _tuples(columns) for name, columns in content["columns"].items()},
            places,
            bool(content["undone"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(
            f"The record of a change of bodyparts cannot be read ({error}).",
            where=folder / _FILE,
            fix="restore the labels and config.yaml from their own histories: dlc restore FILE",
        ) from error


def _tuples(value: Any) -> Any:
    """Lists of a JSON file as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
