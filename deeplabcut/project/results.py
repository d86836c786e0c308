"""The results of the analysis of a video: which files belong to it, under present and former names.

A file belongs to a video and a scorer if its name is exactly ``<video stem><scorer>``, what is known to follow, and
the ending. The beginning alone would also match other snapshots: ``snapshot_5`` begins ``snapshot_50``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.text import same_text
from deeplabcut.io.detections import read_entries
from deeplabcut.io.hdf import read_table
from deeplabcut.io.pickles import read_pickle, read_pickle_with_pandas
from deeplabcut.io.shelves import shelf_files
from deeplabcut.io.tables import to_frame
from deeplabcut.project.layout import video_stem
from deeplabcut.project.names import TRACK_METHODS, track_suffix
from deeplabcut.project.scorer import legacy_scorer

if TYPE_CHECKING:
    from pandas import DataFrame

AnyPath = str | os.PathLike[str]

_TABLE_REST = re.compile(r"(?P<tracker>(_?(el|bx|sk)|_ctd)?(?P<stitched>_tr)?|_?tracks)(?P<filtered>_?filtered)?")
_ANALYZE = "run deeplabcut.analyze_videos first"
_TRACK = "run deeplabcut.convert_detections2tracklets first, or give the track_method that was used"


@dataclass(frozen=True)
class TableFile:
    """A table of predictions of a video: who made it, how it was tracked (``_el``), and whether it is filtered."""

    path: Path
    scorer: str
    tracker: str = ""
    filtered: bool = False


def tables_of_video(folder: AnyPath, videoname: str, scorer: str) -> list[TableFile]:
    """The tables of predictions of a video, without those of its skeleton; present names before former ones."""
    found = []
    for path, name, rest in _files(folder, videoname, scorer, ".h5"):
        match = _TABLE_REST.fullmatch(rest)
        if match:
            tracker = "_tr" if match["stitched"] else match["tracker"]
            spelled = "_" + tracker.removeprefix("_") if tracker else ""
            found.append(TableFile(path, name, spelled, bool(match["filtered"])))
    # Of two spellings that of today comes first: "_filtered" before "filtered".
    return sorted(found, key=lambda one: (one.scorer != scorer, -one.path.name.count("_"), one.path.name))


def find_analyzed_data(
    folder: AnyPath, videoname: str, scorer: str, filtered: bool = False, track_method: str = ""
) -> tuple[str, str, str]:
    """The table of predictions of a video: its path, the scorer as it is named there, and ``"_filtered"`` or ``""``.

    Parameters
    ----------
    track_method : how individuals were followed; by default the table of a single animal.
    """
    wanted = track_suffix(track_method)
    there = tables_of_video(folder, videoname, scorer)
    fitting = [one for one in there if one.filtered == filtered and one.tracker == wanted]
    if not fitting and wanted in ("", "_bx", "_sk", "_el"):  # before the trackers had names
        fitting = [one for one in there if one.filtered == filtered and one.tracker == "_tracks"]
    if not fitting:
        kind = " ".join(word for word in ("filtered" if filtered else "", track_method, "predictions") if word)
        others = f" There are: {', '.join(one.path.name for one in there)}." if there else ""
        raise Missing(
            f"There are no {kind} of {videoname} by {scorer}.{others}",
            where=folder,
            fix=_what_to_do(there, filtered),
        )
    _say_if_several([one.path for one in fitting])
    return str(fitting[0].path), fitting[0].scorer, "_filtered" if filtered else ""


def load_analyzed_data(
    folder: AnyPath, videoname: str, scorer: str, filtered: bool = False, track_method: str = ""
) -> tuple[DataFrame, str, str, str]:
    """The predictions of a video as a pandas frame, and what `find_analyzed_data` gives."""
    path, name, suffix = find_analyzed_data(folder, videoname, scorer, filtered, track_method)
    return to_frame(read_table(path)), path, name, suffix


def find_video_metadata(folder: AnyPath, videoname: str, scorer: str) -> Path:
    """The file with the facts of the run that analysed a video."""
    found = [path for path, _, rest in _files(folder, videoname, scorer, ".pickle") if rest in ("_meta", "meta")]
    return _only(found, folder, videoname, scorer, "no facts of a run (_meta.pickle)")


def load_video_metadata(folder: AnyPath, videoname: str, scorer: str) -> dict[str, Any]:
    """The facts of the run that analysed a video: ``{"data": {...}}``."""
    content: dict[str, Any] = read_pickle(find_video_metadata(folder, videoname, scorer))
    return content


def find_video_full_data(folder: AnyPath, videoname: str, scorer: str) -> Path:
    """The file with all detections in a video, or the name of the shelf with them."""
    found = [path for path, _, rest in _files(folder, videoname, scorer, ".pickle") if rest in ("_full", "full")]
    names = (f"{videoname}{name}_full.pickle" for name in _names(scorer))
    shelves = [Path(folder) / name for name in names if shelf_files(Path(folder) / name)]
    return _only(found or shelves, folder, videoname, scorer, "no detections (_full.pickle)")


def load_video_full_data(folder: AnyPath, videoname: str, scorer: str) -> Mapping[str, Any]:
    """All detections in a video, by frame, as they are stored."""
    return read_entries(find_video_full_data(folder, videoname, scorer))


def load_detection_data(video: AnyPath, scorer: str, track_method: str) -> Any:
    """The tracklets of a video (``_el``, ``_bx`` or ``_sk``), as they are stored."""
    suffix = track_suffix(track_method)
    if not suffix:
        raise InvalidInput("Tracklets have a track_method.", fix=f"name one of {', '.join(TRACK_METHODS)}")
    stem, folder = video_stem(os.fspath(video)), Path(video).parent
    found = [path for path, _, rest in _files(folder, stem, scorer, ".pickle") if rest in (suffix, suffix.lstrip("_"))]
    lacking = f"no tracklets ({suffix}.pickle)"
    return read_pickle_with_pandas(_only(found, folder, stem, scorer, lacking, _TRACK))


def check_if_post_processing(
    folder: AnyPath,
    vname: str,
    DLCscorer: str,  # noqa: N803  a public name
    DLCscorerlegacy: str,  # noqa: N803  a public name
    suffix: str = "filtered",
) -> tuple[bool, str, str, str]:
    """Whether a step after the analysis (``"_filtered"``, ``"_skeleton"``) is still to do.

    Returns whether it is, the file it makes, the file it is made of, and the scorer as it is named there. Nothing
    is to do either where the video is not analysed.
    """
    sources = [(_in(folder, vname, name, tail), name) for name in (DLCscorer, DLCscorerlegacy) for tail in _TAILS]
    say = progress.current().message
    for source, scorer in sources:
        made = _spelled(source.with_name(f"{source.stem}{suffix}.h5"))
        if made.is_file():
            say(f"{made.name} is there already.")
            return False, str(made), str(_spelled(source)), scorer
    for source, scorer in sources:
        there = _spelled(source)
        if there.is_file():
            return True, str(there.with_name(f"{there.stem}{suffix}.h5")), str(there), scorer
    say(f"The video {vname} is not analysed by {DLCscorer}; {_ANALYZE}.")
    return False, str(_in(folder, vname, DLCscorer, suffix)), str(_in(folder, vname, DLCscorer)), DLCscorer


_TAILS = ("", "_tracks", "tracks")


def check_if_not_analyzed(
    destfolder: AnyPath,
    vname: str,
    DLCscorer: str,  # noqa: N803  a public name
    DLCscorerlegacy: str,  # noqa: N803  a public name
    flag: str = "video",
) -> tuple[bool, str, str]:
    """Whether a video (by ``flag`` a folder of images) is still to analyse; the file of its results; the scorer."""
    for scorer in (DLCscorer, DLCscorerlegacy):
        for path in map(_spelled, (_in(destfolder, vname, scorer), _in(destfolder, vname, scorer, "_full", ".pickle"))):
            if path.is_file() or shelf_files(path):
                what = "video" if flag == "video" else "folder of images"
                progress.current().message(f"The {what} {vname} is analysed already: {path.name}.")
                return False, str(path), scorer
    return True, str(_in(destfolder, vname, DLCscorer)), DLCscorer


def check_if_not_evaluated(
    folder: AnyPath,
    DLCscorer: str,  # noqa: N803  a public name
    DLCscorerlegacy: str,  # noqa: N803  a public name
    snapshot: str,
) -> tuple[bool, str, str]:
    """Whether a snapshot is still to evaluate; the file of its results; the scorer as it is named there."""
    for scorer in (DLCscorer, DLCscorerlegacy):
        path = _spelled(Path(folder) / f"{scorer}-{snapshot}.h5")
        if path.is_file():
            progress.current().message(f"The snapshot {snapshot} is evaluated already: {path.name}.")
            return False, str(path), scorer
    return True, str(Path(folder) / f"{DLCscorer}-{snapshot}.h5"), DLCscorer


def _files(folder: AnyPath, videoname: str, scorer: str, ending: str) -> list[tuple[Path, str, str]]:
    """Files ``<videoname><scorer><rest><ending>``: path, scorer as it is named there, rest; the present name first."""
    if not Path(folder).is_dir():
        raise Missing("There is no such folder of results.", where=folder, fix="correct destfolder, or " + _ANALYZE)
    found = []
    for name in _names(scorer):
        start = same_text(f"{videoname}{name}")
        for entry in sorted(os.listdir(folder)):
            spelled = same_text(entry)
            if spelled.startswith(start) and spelled.endswith(ending) and len(spelled) >= len(start) + len(ending):
                found.append((Path(folder) / entry, name, spelled[len(start) : -len(ending)]))
    return found


def _names(scorer: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((scorer, legacy_scorer(scorer))))


def _in(folder: AnyPath, vname: str, scorer: str, rest: str = "", ending: str = ".h5") -> Path:
    return Path(folder) / f"{vname}{scorer}{rest}{ending}"


def _spelled(path: Path) -> Path:
    """``path`` as its folder spells it: systems write letters with marks in two ways."""
    if path.name.isascii() or path.is_file() or not path.parent.is_dir():
        return path
    wanted = same_text(path.name)
    return next((path.with_name(name) for name in os.listdir(path.parent) if same_text(name) == wanted), path)


def _only(found: list[Path], folder: AnyPath, videoname: str, scorer: str, lacking: str, fix: str = _ANALYZE) -> Path:
    if not found:
        raise Missing(f"There are {lacking} of {videoname} by {scorer}.", where=folder, fix=fix)
    _say_if_several(found)
    return found[0]


def _what_to_do(there: list[TableFile], filtered: bool) -> str:
    if not there:
        return _ANALYZE
    return "run deeplabcut.filterpredictions first" if filtered else "give the track_method of one of these"


def _say_if_several(paths: list[Path]) -> None:
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        progress.current().message(f"Several files fit, the first is used: {names}.")
