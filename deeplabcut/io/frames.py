"""pandas frames that scripts hand around: their rows brought to the present form, columns dropped or exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.io.tables import image_keys

if TYPE_CHECKING:
    from pandas import DataFrame


def guarantee_multiindex_rows(df: DataFrame) -> None:
    """Give the rows of a frame of labels three levels, in place: ``("labeled-data", video, image)``.

    Older files have one text for each row, with ``/`` or ``\\``. Rows that are frame numbers stay as they are.
    """
    import pandas as pd

    if not isinstance(df.index, pd.MultiIndex) and (pd.api.types.is_integer_dtype(df.index.dtype) or not len(df)):
        return
    rows = tuple(tuple(map(str, row)) if isinstance(row, tuple) else str(row) for row in df.index)
    if isinstance(df.index, pd.MultiIndex) and df.index.nlevels != 3:
        raise InvalidInput(
            f"The rows of the frame have {df.index.nlevels} levels, those of labels have three.",
            fix="give a frame of labels, as it is read from CollectedData_<scorer>.h5",
        )
    try:
        keys = image_keys(rows)  # type: ignore[arg-type]
    except DamagedFile as error:
        raise InvalidInput(error.message, fix=error.fix) from error
    if isinstance(df.index, pd.MultiIndex) and list(df.index) == list(keys):
        return
    names = df.index.names if isinstance(df.index, pd.MultiIndex) else None
    df.index = pd.MultiIndex.from_tuples(list(keys), names=names)


def drop_likelihood_columns(df: DataFrame) -> DataFrame:
    """The frame without its ``likelihood`` columns, which labels refined from predictions may carry."""
    level = "coords" if "coords" in df.columns.names else df.columns.nlevels - 1
    return df.loc[:, df.columns.get_level_values(level) != "likelihood"]


def reorder_individuals_in_df(df: DataFrame, order: Sequence[str]) -> DataFrame:
    """The frame with identities exchanged: the numbers are put in order, the labels of the columns stay.

    Parameters
    ----------
    order : list of str
        For each individual, in the order of the columns, the one whose numbers it gets. All of them have to have
        the same bodyparts; those that are not named keep their numbers.
    """
    if "individuals" not in df.columns.names:
        raise InvalidInput("The columns of the frame name no individuals.", fix="give a frame of several animals")
    who = [str(name) for name in df.columns.get_level_values("individuals")]
    places: dict[str, list[int]] = {}
    for i, name in enumerate(who):
        places.setdefault(name, []).append(i)
    wanted = [str(name) for name in order]
    for name in wanted:
        if name not in places:
            raise InvalidInput(f"There is no individual {name!r}.{did_you_mean(name, places)}",
                               fix=f"choose among: {', '.join(places)}")  # fmt: skip
    if len(set(wanted)) != len(wanted):
        raise InvalidInput("An individual is named twice: the numbers of another one would be lost.",
                           fix="name each individual once")  # fmt: skip
    receiving = [name for name in places if name in set(wanted)]
    level = df.columns.names.index("individuals")
    source = list(range(len(who)))
    for target, giver in zip(receiving, wanted, strict=True):
        given = {_rest(df.columns[i], level): i for i in places[giver]}
        if set(given) != {_rest(df.columns[i], level) for i in places[target]}:
            raise InvalidInput(f"{target!r} and {giver!r} have different bodyparts.", fix="exchange individuals only")
        for i in places[target]:
            source[i] = given[_rest(df.columns[i], level)]
    result = df.iloc[:, source].copy()
    result.columns = df.columns
    return result


def _rest(column: Any, level: int) -> tuple[Any, ...]:
    """A column label without the individual."""
    return (*column[:level], *column[level + 1 :])
