"""Batches are the same for the same seed, whoever loads them; decoded images are kept as far as there is room."""

import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.images import write_png
from deeplabcut.pose_estimation_pytorch.data import (
    COLLATE_FUNCTIONS,
    ImageCache,
    PoseDataset,
    PoseDatasetParameters,
    build_transforms,
    data_loader,
)
from deeplabcut.pose_estimation_pytorch.data import image_cache as caching
from deeplabcut.pose_estimation_pytorch.data.collate import ResizeFromDataSizeCollate, ResizeFromListCollate
from deeplabcut.pose_estimation_pytorch.data.loading import EpochBatches

SIZES = [(20, 30), (20, 30), (24, 36), (20, 30), (20, 30), (20, 30)]  # height, width
AUGMENTED = {"affine": {"rotation": 30, "p": 1.0}, "crop_sampling": {"width": 24, "height": 16}, "gaussian_noise": 9}
forks = pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked there")


@pytest.fixture
def dataset(tmp_path):
    def make(transform=AUGMENTED):
        images, annotations = [], []
        for i, (height, width) in enumerate(SIZES):
            write_png(tmp_path / f"{i}.png", np.full((height, width, 3), 20 * i + 5, np.uint8))
            images.append({"id": i, "file_name": str(tmp_path / f"{i}.png"), "width": width, "height": height})
            annotations.append({"image_id": i, "category_id": 1, "individual": "a", "individual_id": 0, "iscrowd": 0,
                                "keypoints": [[12, 9, 2]], "bbox": [8, 5, 8, 8]})  # fmt: skip
        parameters = PoseDatasetParameters(["nose"], [], ["a"])
        return PoseDataset(images, annotations, parameters, build_transforms(transform))

    return make


def seen(loader):
    return [(batch["image_id"].tolist(), batch["image"], batch["annotations"]["keypoints"]) for batch in loader]


def same(one, other):
    return all(
        a[0] == b[0] and torch.equal(a[1], b[1]) and torch.equal(a[2], b[2]) for a, b in zip(one, other, strict=True)
    )


# ----- the same batches


@forks
def test_the_same_seed_gives_the_same_batches_with_any_number_of_workers(dataset):
    def epochs(n_workers):
        loader = data_loader(dataset(), 4, shuffle=True, seed=7, n_workers=n_workers)
        return seen(loader), seen(loader)

    first, second = epochs(0)
    assert [len(batch[0]) for batch in first] == [4, 2]
    assert sorted(first[0][0] + first[1][0]) == list(range(6))
    assert not same(first, second)
    for n_workers in (1, 2):
        again = epochs(n_workers)
        assert same(again[0], first) and same(again[1], second)


def test_training_goes_on_where_it_was_if_the_epoch_is_set(dataset):
    loader = data_loader(dataset(), 2, shuffle=True, seed=1)
    _, second = seen(loader), seen(loader)
    resumed = data_loader(dataset(), 2, shuffle=True, seed=1)
    resumed.batch_sampler.epoch = 1
    assert same(seen(resumed), second)


def test_another_seed_gives_other_batches_and_tests_are_alike_in_all_epochs(dataset):
    one, other = (seen(data_loader(dataset(), 3, shuffle=True, seed=seed)) for seed in (1, 2))
    assert not same(one, other)
    loader = data_loader(dataset(), 3)
    assert same(seen(loader), seen(loader)) and [ids for ids, *_ in seen(loader)] == [[0, 1, 2], [3, 4, 5]]


def test_batches_of_a_data_set_and_what_is_left_over():
    assert [len(batch) for batch in EpochBatches(7, 3, shuffle=False, seed=0)] == [3, 3, 1]
    assert [len(batch) for batch in EpochBatches(7, 3, shuffle=False, seed=0, drop_last=True)] == [3, 3]
    assert [len(batch) for batch in EpochBatches(2, 3, shuffle=False, seed=0, drop_last=True)] == [2]
    assert list(EpochBatches(0, 3, shuffle=True, seed=0)) == []
    with pytest.raises(InvalidInput, match="batch_size is 0"):
        EpochBatches(3, 0, shuffle=False, seed=0)


# ----- one size for a batch


def test_images_of_a_batch_are_brought_to_one_size_in_the_same_way_whoever_does_it(dataset):
    collate = ResizeFromDataSizeCollate(0.5, 2.0, min_short_side=8, multiple_of=8, max_shift=3)

    def batches(n_workers):
        return list(data_loader(dataset({}), 3, shuffle=True, seed=3, collate_fn=collate, n_workers=n_workers))

    found = batches(0)
    assert all(side % 8 == 0 for batch in found for side in batch["image"].shape[2:])
    if sys.platform != "win32":
        assert all(torch.equal(a["image"], b["image"]) for a, b in zip(found, batches(2), strict=True))
    for batch in found:
        points, scales, offsets = batch["annotations"]["keypoints"], batch["scales"], batch["offsets"]
        shown = points[:, 0, 0, 2] > 0
        full = (points[:, 0, 0, :2] * scales + offsets)[shown]
        np.testing.assert_allclose(full, np.broadcast_to([12, 9], full.shape), atol=1e-4)


def test_sizes_are_drawn_anew_for_each_batch_and_stay_in_their_limits():
    item = {"image": np.zeros((3, 200, 500), np.uint8), "annotations": {"keypoints": np.zeros((1, 1, 3), np.float32)}}
    torch.manual_seed(0)
    collate = ResizeFromDataSizeCollate(0.1, 0.6, min_short_side=64, max_short_side=100, multiple_of=32)
    sizes = {tuple(collate([item])["image"].shape[2:]) for _ in range(12)}
    assert len(sizes) > 1 and {height for height, _ in sizes} <= {64, 96, 128}
    assert all(width <= 224 for _, width in sizes)  # twice the short side, rounded up
    square = ResizeFromDataSizeCollate(0.5, 0.5, min_short_side=10, to_square=True)
    assert square([item])["image"].shape == (1, 3, 100, 100)
    listed = COLLATE_FUNCTIONS.build({"type": "ResizeFromListCollate", "scales": [32, (16, 48)], "max_shift": 0})
    assert {tuple(listed([item])["image"].shape[2:]) for _ in range(12)} == {(32, 32), (16, 48)}
    with pytest.raises(InvalidInput, match="no range"):
        ResizeFromDataSizeCollate(1.0, 0.5)
    with pytest.raises(InvalidInput, match="empty"):
        ResizeFromListCollate([])


# ----- decoded images


def decoder(image):
    calls = []

    def decode():
        calls.append(1)
        return image

    return decode, calls


def test_an_image_is_decoded_once_and_not_to_be_written_into():
    cache = ImageCache([(4, 6)], 10_000)
    image = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    decode, calls = decoder(image)
    for _ in range(3):
        np.testing.assert_array_equal(cache.get(0, decode), image)
    assert len(calls) == 1 and cache.n_filled() == 1
    with pytest.raises(ValueError, match="read-only"):
        cache.get(0, decode)[:] = 0


def test_as_many_images_are_held_as_fit_and_the_others_are_decoded_every_time():
    cache = ImageCache([(4, 6)] * 5, 3 * 4 * 6 * 3 + 1)
    decode, calls = decoder(np.ones((4, 6, 3), np.uint8))
    for position in [0, 1, 2, 3, 4, 4]:
        assert cache.get(position, decode).all()
    assert cache.n_held == 3 and cache.n_bytes == 216 and len(calls) == 6
    empty = ImageCache([], 100)
    assert len(empty) == 0 and ImageCache([(4, 6)], 0).get(0, decode).all()


def test_an_image_of_another_size_than_was_said_is_not_held():
    cache = ImageCache([(4, 6), (4, 6)], 10_000)
    decode, calls = decoder(np.ones((5, 6, 3), np.uint8))
    assert cache.get(0, decode).shape == (5, 6, 3) and cache.get(0, decode).shape == (5, 6, 3)
    assert len(calls) == 2 and not cache.n_filled()


@forks
def test_forked_workers_fill_one_cache(dataset):
    data = dataset()
    list(data_loader(data, 1, n_workers=2))
    assert data.cache.n_filled() == len(SIZES)
    assert [int(data.load(i)[0, 0, 0]) for i in range(6)] == [20 * i + 5 for i in range(6)]


def test_started_processes_share_a_file_that_goes_away_in_the_end(tmp_path):
    cache = ImageCache([(4, 6)] * 2, 10_000, folder=tmp_path)
    copy = pickle.loads(pickle.dumps(cache))
    copy.get(1, lambda: np.full((4, 6, 3), 7, np.uint8))
    decode, calls = decoder(np.zeros((4, 6, 3), np.uint8))
    assert (cache.get(1, decode) == 7).all() and not calls
    del copy
    assert len(list(tmp_path.iterdir())) == 1
    cache.close()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_cache_in_memory_holds_nothing():
    copy = pickle.loads(pickle.dumps(ImageCache([(4, 6)], 10_000)))
    decode, calls = decoder(np.ones((4, 6, 3), np.uint8))
    assert copy.get(0, decode).all() and copy.get(0, decode).all() and len(calls) == 2


def test_the_room_for_images_follows_the_free_memory_and_the_workers():
    gigabyte = 1 << 30
    assert caching.budget(0, 8 * gigabyte) == 4 * gigabyte
    assert caching.budget(4, 8 * gigabyte) == 3 * gigabyte and caching.budget(64, 8 * gigabyte) == 0
    assert caching.budget(0) > 0


def test_a_disk_without_room_for_images_means_that_none_are_kept(tmp_path, monkeypatch, caplog):
    def full(number, first, n_bytes):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.os, "posix_fallocate", full, raising=False)
    monkeypatch.setattr(caching.multiprocessing, "get_start_method", lambda: "spawn")
    monkeypatch.setattr(caching.tempfile, "gettempdir", lambda: str(tmp_path))
    cache = ImageCache.for_workers([(4, 6)] * 3, 1)
    decode, calls = decoder(np.ones((4, 6, 3), np.uint8))
    assert cache.get(0, decode).all() and cache.get(0, decode).all() and len(calls) == 2
    assert list(tmp_path.iterdir()) == [] and "No space left" in caplog.text


def test_the_file_of_a_process_that_was_killed_is_removed_by_the_next(tmp_path):
    child = "import os, sys; from deeplabcut.pose_estimation_pytorch.data import ImageCache\n"
    child += "cache = ImageCache([(4, 6)], 1000, folder=sys.argv[1]); os._exit(1)"
    subprocess.run([sys.executable, "-c", child, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    cache = ImageCache([(4, 6)], 1000, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1 and not left.exists()
    another = ImageCache([(4, 6)], 1000, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 and cache.n_held == another.n_held == 1


def test_images_for_started_workers_take_at_most_half_of_the_free_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(caching.multiprocessing, "get_start_method", lambda: "spawn")
    monkeypatch.setattr(caching.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(caching.shutil, "disk_usage", lambda folder: SimpleNamespace(free=400))
    cache = ImageCache.for_workers([(4, 6)] * 3, 1)  # 72 bytes each
    assert (cache.n_held, len(cache)) == (2, 3)
    cache.close()


def test_a_transform_of_somebody_else_may_write_into_its_image(dataset):
    def writes(image, **rest):
        image[:] = 0
        return {"image": image, **rest}

    data = dataset()
    data.transform = writes
    for _ in range(2):
        batches = list(data_loader(PoseDataset(data.images[:2], [], data.parameters, writes, cache=data.cache), 1))
        assert not any(batch["image"].any() for batch in batches)
    assert data.load(1)[0, 0, 0] == 25
