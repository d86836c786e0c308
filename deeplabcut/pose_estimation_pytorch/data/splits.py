"""The images that a split means, whether or not the labels were merged again since it was made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from deeplabcut.core.errors import DeepLabCutError, InvalidInput
from deeplabcut.core.history import versions
from deeplabcut.core.poses import ImageKey
from deeplabcut.core.splits import Split
from deeplabcut.core.text import same_text
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import image_keys
from deeplabcut.io.training_set import Documentation

logger = logging.getLogger(__name__)


class StaleSplit(InvalidInput):
    """A split whose indices mean other images than those it was made of."""


def split_of_now(made: Documentation, images: Sequence[ImageKey], labels: Path) -> Split:
    """The split as positions in the merged labels of now.

    The file of the split names the images to train on. Where its indices mean other ones, those of the kept version
    of the labels that they fit are looked up by name; without such a version the split is refused.

    Parameters
    ----------
    images : the rows of the merged labels.
    labels : the file of these.
    """
    now = _names(images)
    if _fits(made, now):
        return Split(made.train, made.test)
    for before in _earlier(labels):
        if _fits(made, before):
            return _by_name(made, before, now)
    raise StaleSplit(
        "The labels were merged again after this shuffle was made: the indices of its split mean other images by now, "
        "and which images it tests with is not known any more.",
        where=labels,
        fix="create the training set of this shuffle again, or put the merged labels that belong to it back",
    )


def _fits(made: Documentation, names: Sequence[ImageKey]) -> bool:
    """Whether the images that the split names are among those that its indices mean."""
    if max((*made.train, *made.test), default=-1) >= len(names):
        return False
    return set(_names([one["image"] for one in made.data])) <= {names[i] for i in made.train}


def _by_name(made: Documentation, before: Sequence[ImageKey], now: Sequence[ImageKey]) -> Split:
    place = {name: i for i, name in enumerate(now)}
    train, test = (tuple(place[before[i]] for i in part if before[i] in place) for part in (made.train, made.test))
    n_lost = len(made.train) + len(made.test) - len(train) - len(test)
    logger.warning(
        "The labels were merged again after this shuffle was made; its images are recognised by their names. "
        "%d of them are not labelled any more, %d images are not part of its split.",
        n_lost, len(now) - len(train) - len(test),
    )  # fmt: skip
    return Split(train, test)


def _earlier(labels: Path) -> list[tuple[ImageKey, ...]]:
    """The images of the kept versions of the merged labels that can be read, newest first."""
    found = []
    for version in reversed(versions(labels)):
        try:
            found.append(_names(image_keys(read_table(version.path).rows)))
        except DeepLabCutError as error:
            logger.info("The kept version %s cannot be read: %s", version.path, error.message)
    return found


def _names(images: Sequence[ImageKey]) -> tuple[ImageKey, ...]:
    """Names in the form in which equal ones compare equal."""
    return tuple(tuple(map(same_text, image)) for image in images)
