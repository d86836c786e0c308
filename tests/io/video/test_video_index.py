"""The index is kept in the user's cache, believed only if it fits, and never needed."""

from __future__ import annotations

import numpy as np
import pytest

from deeplabcut.io.video import index_cache
from deeplabcut.io.video.index import PacketIndex
from deeplabcut.io.video.reader import Video


@pytest.fixture
def scans(monkeypatch):
    """Counts how often a video is indexed."""
    from deeplabcut.io.video import reader

    made = []
    original = reader.scan
    monkeypatch.setattr(reader, "scan", lambda *args: made.append(args) or original(*args))
    return made


def test_a_video_is_indexed_once(plain, scans):
    for _ in range(3):
        with Video(plain.path) as video:
            assert video.n_frames == 60
    assert len(scans) == 1


def test_a_moved_video_finds_its_index_and_a_changed_one_does_not(barcode, plain, scans, tmp_path):
    path = tmp_path / "v.mp4"
    path.write_bytes(plain.path.read_bytes())
    Video(path).close()
    Video(path.rename(tmp_path / "renamed.mp4")).close()
    assert len(scans) == 1
    barcode.encode(path, range(20))
    with Video(path) as video:
        assert video.n_frames == 20
    assert len(scans) == 2


def test_the_folder_for_indices_may_be_chosen(plain, tmp_path, cache_folder):
    Video(plain.path, index_cache=tmp_path / "mine").close()
    assert len(list((tmp_path / "mine").iterdir())) == 1 and not cache_folder.exists()


def test_a_corrupt_index_is_made_again(barcode, plain, cache_folder):
    Video(plain.path).close()
    (stored,) = cache_folder.iterdir()
    content = stored.read_bytes()
    generator = np.random.default_rng(0)
    for trial in range(40):
        broken = bytearray(content)
        if trial % 2:
            del broken[generator.integers(len(broken)) :]
        else:
            broken[generator.integers(len(broken))] ^= 0xFF
        stored.write_bytes(broken)
        with Video(plain.path) as video:
            assert barcode.read(video.read(41)) == 41


def test_an_index_with_impossible_content_is_not_believed(plain, cache_folder):
    Video(plain.path).close()
    (stored,) = cache_folder.iterdir()
    good = index_cache.load(cache_folder, stored.stem)
    fields = dict(vars(good))
    for key, value in (
        ("rank", good.rank * 0), ("rank", good.rank[:-1]), ("times_s", good.times_s[:-1]),
        ("times_s", good.times_s * np.nan), ("size", good.size.astype(float)), ("flags", good.flags.astype("U3")),
    ):  # fmt: skip
        names = PacketIndex.__dataclass_fields__
        index_cache.store(cache_folder, stored.stem, PacketIndex(**{**{n: fields[n] for n in names}, key: value}))
        assert index_cache.load(cache_folder, stored.stem) is None


def test_an_index_with_pickled_objects_is_refused(plain, cache_folder, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "marker"), "w"))

    Video(plain.path).close()
    (stored,) = cache_folder.iterdir()
    np.savez(stored, pts=np.array([Trap()], object), facts=np.array([Trap()], object), allow_pickle=True)
    with Video(plain.path) as video:
        assert video.n_frames == 60
    assert not (tmp_path / "marker").exists()


def test_T26_without_a_home_nothing_is_stored(plain, monkeypatch, tmp_path):
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert index_cache.default_folder() is None
    with Video(plain.path) as video:
        assert video.n_frames == 60


def test_T26_a_cache_that_cannot_be_written_is_no_failure(plain, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with Video(plain.path, index_cache=tmp_path / "file" / "below") as video:
        assert video.n_frames == 60


def test_only_the_latest_indices_are_kept(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(index_cache, "_N_KEPT", 3)
    with Video(plain.path) as video:
        for number in range(6):
            index_cache.store(tmp_path / "few", f"{number}", video._index)
    assert len(list((tmp_path / "few").iterdir())) == 3
