"""Tables of two cameras: the empty ones that are filled, and which individual of one is which of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array, BodyPlan
from deeplabcut.core.triangulation import NOBODY, assign, view_costs
from deeplabcut.io.tables import XY, XY_LIKELIHOOD, XYZ, Table, columns_for, from_frame, plan_of, points_of, to_frame

if TYPE_CHECKING:
    from pandas import DataFrame

NOTHING_IN_COMMON = 100_000.0


def create_empty_df(dataframe: DataFrame, scorer: str, flag: Literal["2d", "3d"]) -> tuple[DataFrame, str, list[Any]]:
    """A table of NaN with the rows and names of ``dataframe``, the scorer, and the bodyparts.

    Parameters
    ----------
    dataframe : DataFrame
        Predictions of a video.
    scorer : str
        Of the new table.
    flag : "2d" or "3d"
        Whether its columns are ``x, y, likelihood`` or ``x, y, z``.
    """
    if flag not in ("2d", "3d"):
        raise InvalidInput(f"flag must be '2d' or '3d', not {flag!r}.")
    table = from_frame(dataframe)
    plan = plan_of(table)
    columns, names = columns_for(plan, scorer, XYZ if flag == "3d" else XY_LIKELIHOOD)
    empty = Table(np.full((len(table), len(columns)), np.nan), table.rows, columns, names, table.row_names)
    return to_frame(empty), scorer, list(dict.fromkeys([*plan.bodyparts, *plan.unique]))


def cross_view_match_dataframes(df1: DataFrame, df2: DataFrame, F: npt.ArrayLike) -> tuple[Array, dict[int, int]]:  # noqa: N803  a public name
    """How badly each individual of one view fits each of the other (px), and the best pairs as ``{row: column}``.

    Individuals come in the order of the columns. A cost is the median distance of points from their epipolar lines;
    individuals that share no point cost 100000.

    Parameters
    ----------
    df1, df2 : DataFrame
        Points of the same frames in two views, in the pictures that ``F`` is about.
    F : (3, 3) array
        The fundamental matrix: ``x2 @ F @ x1`` is 0 for one point. That of two calibrated pictures stands in the
        stereo file; that of two rectified ones is `deeplabcut.core.triangulation.fundamental_matrix` of P1 and P2.
    """
    tables = [from_frame(frame) for frame in (df1, df2)]
    plans = [plan_of(table) for table in tables]
    parts = tuple(part for part in plans[0].bodyparts if part in plans[1].bodyparts)
    if not parts:
        raise InvalidInput("The two tables have no bodypart in common.", fix="give tables of the same project")
    n_frames = min(map(len, tables))
    views = [
        points_of(table, BodyPlan(parts, plan.individuals), XY)[0][:n_frames]
        for table, plan in zip(tables, plans, strict=True)
    ]
    costs = view_costs(F, *views)
    voting = {row: int(column) for row, column in enumerate(assign(costs)) if column != NOBODY}
    left = [column for column in range(costs.shape[1]) if column not in voting.values()]
    for row in range(costs.shape[0]):  # those that share no point with anybody take who is left
        if row not in voting and left:
            voting[row] = left.pop(0)
    return np.where(np.isnan(costs), NOTHING_IN_COMMON, costs), dict(sorted(voting.items()))
