"""Frames for labelling are distinct, sorted, inside the wished part, and as many as asked for if there are as many."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.selection import candidate_frames, kmeans_frames, uniform_frames

numbers = st.integers(0, 2**31)
some_candidates = st.sets(st.integers(0, 5000), max_size=60).map(sorted)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(st.integers(1, 3000), st.floats(0, 0.999), st.floats(0.001, 1), st.integers(1, 40))
def test_candidates_are_every_step_th_frame_of_the_part(n_frames, start, stop, step):
    if start >= stop:
        return
    expected = list(range(math.floor(n_frames * start), min(n_frames, math.ceil(n_frames * stop)), step))
    assert candidate_frames(n_frames, start, stop, step).tolist() == expected


def test_given_frames_are_kept_strictly_inside_the_part_whatever_the_step():
    # 100 frames from 0.1 to 0.5: frames 10 to 49, and of given ones those between 10 and 50
    assert candidate_frames(100, 0.1, 0.5, 7, among=[49, 10, 11, 50, 11, 3, 30]).tolist() == [11, 30, 49]
    assert candidate_frames(100, 0.1, 0.5).tolist() == list(range(10, 50))


@pytest.mark.parametrize(("start", "stop", "step"), [(0.5, 0.5, 1), (-0.1, 1, 1), (0, 1.1, 1), (0, 1, 0)])
def test_an_impossible_part_is_refused(start, stop, step):
    with pytest.raises(InvalidInput):
        candidate_frames(100, start, stop, step)


@given(some_candidates, st.integers(1, 80), numbers)
def test_a_random_choice_is_distinct_sorted_and_of_the_size_asked_for(candidates, n, seed):
    chosen = uniform_frames(candidates, n, rng(seed))
    assert chosen.dtype == np.int64
    assert len(chosen) == min(n, len(candidates)) == len(set(chosen.tolist()))
    assert chosen.tolist() == sorted(chosen.tolist())
    assert set(chosen.tolist()) <= set(candidates)
    assert chosen.tolist() == uniform_frames(candidates, n, rng(seed)).tolist()


def test_a_random_choice_reaches_every_frame_equally_often():
    counts = np.zeros(10)
    generator = rng(1)
    for _ in range(2000):
        counts[uniform_frames(range(10), 3, generator)] += 1
    assert np.abs(counts - 600).max() < 100  # about five standard deviations


@settings(max_examples=60)
@given(some_candidates, st.integers(1, 80), numbers, st.integers(1, 4), st.integers(1, 120), st.integers(1, 3))
def test_a_choice_by_looks_is_distinct_sorted_and_of_the_size_asked_for(candidates, n, seed, n_kinds, batch, max_iter):
    kinds = rng(seed).integers(0, 256, (n_kinds, 2, 3), dtype=np.uint8)  # most frames look exactly like others
    features = kinds[rng(seed).integers(0, n_kinds, len(candidates))]
    chosen = kmeans_frames(features, candidates, n, rng(seed), batch_size=batch, max_iter=max_iter)
    assert chosen.dtype == np.int64
    assert len(chosen) == min(n, len(candidates)) == len(set(chosen.tolist()))
    assert chosen.tolist() == sorted(chosen.tolist())
    assert set(chosen.tolist()) <= set(candidates)
    again = kmeans_frames(features, candidates, n, rng(seed), batch_size=batch, max_iter=max_iter)
    assert chosen.tolist() == again.tolist()


def scenes(n_scenes, n_each, noise=4, seed=0):
    """Features of frames that show one scene after another."""
    generator = rng(seed)
    looks = np.repeat(generator.integers(40, 216, (n_scenes, 50)), n_each, axis=0)
    return np.clip(looks + generator.normal(0, noise, looks.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_each_scene_gives_a_frame(seed):
    chosen = kmeans_frames(scenes(8, 100), np.arange(800), 8, rng(seed))
    assert len({frame // 100 for frame in chosen.tolist()}) >= 7


def test_a_rare_scene_is_found_where_a_random_choice_misses_it():
    features = scenes(2, 1000)
    features[1000:] = features[0]  # one look only ...
    features[500:520] = 255 - features[500:520]  # ... but for 20 of 2000 frames
    frames = np.arange(2000)
    by_looks = [kmeans_frames(features, frames, 5, rng(seed)) for seed in range(10)]
    by_chance = [uniform_frames(frames, 5, rng(seed)) for seed in range(10)]

    def n_found(choices):
        return sum(bool(((c >= 500) & (c < 520)).any()) for c in choices)

    assert n_found(by_looks) == 10 and n_found(by_chance) < 5


def test_frames_are_named_by_their_numbers_not_by_their_places():
    features = scenes(3, 20)
    chosen = kmeans_frames(features, 7 * np.arange(60) + 1000, 3, rng())
    assert sorted((frame - 1000) // 7 // 20 for frame in chosen.tolist()) == [0, 1, 2]
    assert all((frame - 1000) % 7 == 0 for frame in chosen.tolist())


def test_empty_groups_are_made_up_for_by_frames_that_differ():
    features = np.full((200, 12), 90, np.uint8)
    features[[17, 60, 133]] = [[0] * 12, [255] * 12, [200] * 12]
    chosen = kmeans_frames(features, np.arange(200), 10, rng(3)).tolist()
    assert len(chosen) == 10 and {17, 60, 133} <= set(chosen)


def test_the_choice_does_not_need_the_features_as_floats():
    features = scenes(10, 4000)[:, np.arange(300) % 50]  # 12 MB; as float32 48 MB
    tracemalloc.start()
    kmeans_frames(features, np.arange(40_000), 20, rng(), max_iter=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * features.nbytes


@pytest.mark.parametrize("wrong", [{"n": 0}, {"batch_size": 0}, {"max_iter": 0}, {"candidates": [1, 1, 2]}])
def test_what_cannot_work_is_refused(wrong):
    given_ = {"candidates": [1, 2, 3], "n": 2, "batch_size": 10, "max_iter": 5} | wrong
    with pytest.raises(InvalidInput):
        kmeans_frames(np.zeros((3, 4), np.uint8), given_.pop("candidates"), given_.pop("n"), rng(), **given_)


def test_features_have_to_belong_to_the_candidates():
    with pytest.raises(InvalidInput, match="4 features do not describe 3"):
        kmeans_frames(np.zeros((4, 4), np.uint8), [1, 2, 3], 2, rng())
