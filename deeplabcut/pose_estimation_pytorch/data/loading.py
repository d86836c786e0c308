"""Batches of a data set: the same for the same seed and epoch, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Sampler

from deeplabcut.core.errors import InvalidInput
from deeplabcut.pose_estimation_pytorch.data.dataset import PoseDataset
from deeplabcut.pose_estimation_pytorch.data.draws import Draw
from deeplabcut.pose_estimation_pytorch.data.image_cache import ImageCache


class EpochBatches(Sampler[list[Draw]]):  # type: ignore[misc, unused-ignore]
    """The positions of each batch, with the seed of each item; every pass is the next epoch.

    Parameters
    ----------
    n : length of the data set.
    batch_size : items in a batch; the last one may be smaller.
    shuffle : whether each epoch has an order and chances of its own; otherwise all epochs are alike.
    seed : where the chances begin.
    drop_last : leave a smaller last batch out, unless it is the only one.

    Attributes
    ----------
    epoch : the number of the next pass; set it where training is resumed.
    """

    def __init__(self, n: int, batch_size: int, *, shuffle: bool, seed: int, drop_last: bool = False) -> None:
        if batch_size < 1:
            raise InvalidInput(f"batch_size is {batch_size}.", fix="give a whole number of at least 1")
        self.n, self.batch_size, self.shuffle, self.seed, self.drop_last = n, batch_size, shuffle, seed, drop_last
        self.epoch = 0

    def __len__(self) -> int:
        whole = self.n // self.batch_size
        return whole if self.drop_last and whole else -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[list[Draw]]:
        epoch, self.epoch = self.epoch if self.shuffle else 0, self.epoch + 1
        order = np.arange(self.n)
        if self.shuffle:
            np.random.default_rng([self.seed, epoch]).shuffle(order)
        for first in range(0, len(self) * self.batch_size, self.batch_size):
            yield [Draw(int(i), (self.seed, epoch, int(i))) for i in order[first : first + self.batch_size]]


def data_loader(
    dataset: PoseDataset,
    batch_size: int = 1,
    *,
    shuffle: bool = False,
    seed: int = 42,
    n_workers: int = 0,
    collate_fn: Callable[[Any], Any] | None = None,
    pin_memory: bool = False,
    keep_decoded: bool = True,
) -> DataLoader[Any]:
    """A loader of batches; decoded images are kept in memory as far as there is room.

    Parameters
    ----------
    n_workers : processes that load; 0 loads where the loader is used.
    collate_fn : makes a batch of items, torch's default if None.
    pin_memory : see torch.
    keep_decoded : whether images are kept decoded between epochs.
    """
    if keep_decoded and dataset.cache is None:
        sizes = [(image["height"], image["width"]) for image in dataset.images if {"height", "width"} <= image.keys()]
        if len(sizes) == len(dataset.images):
            dataset.cache = ImageCache.for_workers(sizes, n_workers)
    return DataLoader(
        dataset,
        batch_sampler=EpochBatches(len(dataset), batch_size, shuffle=shuffle, seed=seed),
        num_workers=n_workers,
        collate_fn=collate_fn,
        pin_memory=pin_memory,
        persistent_workers=n_workers > 0,
        worker_init_fn=_one_thread,
    )


def _one_thread(worker: int) -> None:
    """Workers share the cores by being several, not by threads of their own."""
    import cv2

    cv2.setNumThreads(0)
