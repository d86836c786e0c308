"""The images that a split means, whether or not the labels were merged again since it was made."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import ImageKey
from deeplabcut.core.splits import Split
from deeplabcut.core.text import same_text
from deeplabcut.io.training_set import Documentation

logger = logging.getLogger(__name__)


class StaleSplit(InvalidInput):
    """A split whose indices mean other images than those it was made of."""


def split_of_now(made: Documentation, images: Sequence[ImageKey], labels: Path) -> Split:
    """The split as positions in the merged labels of now.

    The file of a split names the images to train on. Where its indices mean other ones by now, these images are looked
    up by name, and so are the images to test with where their neighbours leave no doubt; else the split is refused.

    Parameters
    ----------
    images : the rows of the merged labels.
    labels : the file of these.
    """
    now, trained = _names(images), _names([one["image"] for one in made.data])
    if _fits(made, trained, now):
        return Split(made.train, made.test)
    place = {name: i for i, name in enumerate(now)}
    known = dict(zip(made.train, trained, strict=True)) if len(trained) == len(made.train) else {}
    tested = _between(known, made.test, sorted(now)) if known else None
    if tested is None:
        raise StaleSplit(
            "The labels were merged again after this shuffle was made: the indices of its split mean other images by "
            "now, and which images it tests with is not known any more.",
            where=labels,
            fix="create the training set of this shuffle again, or put the merged labels that belong to it back",
        )
    train, test = (tuple(place[name] for name in names if name in place) for names in (trained, tested))
    logger.warning(
        "The labels were merged again after this shuffle was made; its images are recognised by their names. "
        "%d of them are not labelled any more, %d images are not part of its split.",
        len(made.train) + len(made.test) - len(train) - len(test), len(now) - len(train) - len(test),
    )  # fmt: skip
    return Split(train, test)


def _fits(made: Documentation, trained: Sequence[ImageKey], names: Sequence[ImageKey]) -> bool:
    """Whether the images that the split names are among those that its indices mean."""
    if max((*made.train, *made.test), default=-1) >= len(names):
        return False
    return set(trained) <= {names[i] for i in made.train}


def _between(known: Mapping[int, ImageKey], wanted: Sequence[int], now: Sequence[ImageKey]) -> list[ImageKey] | None:
    """The names at the ``wanted`` positions of a sorted table of which some names are ``known``.

    They are those that the names of ``now`` between two known ones leave, if there are as many as there were; None if
    that is not so.
    """
    anchors = sorted(known)
    found = []
    for position in wanted:
        at = bisect_left(anchors, position)
        before = anchors[at - 1] if at else -1
        after = anchors[at] if at < len(anchors) else max(*wanted, *anchors) + 1
        first = bisect_right(now, known[before]) if at else 0
        last = bisect_left(now, known[after]) if after in known else len(now)
        if last - first != after - before - 1:
            return None
        found.append(now[first + position - before - 1])
    return found


def _names(images: Sequence[ImageKey]) -> tuple[ImageKey, ...]:
    """Names in the form in which equal ones compare equal."""
    return tuple(tuple(map(same_text, image)) for image in images)
