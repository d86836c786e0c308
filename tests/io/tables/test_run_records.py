"""Run records: "done" is what a record says, and it says it only of these inputs, settings and outputs."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deeplabcut.core import faults
from deeplabcut.core.errors import InvalidInput, Missing, StorageError
from deeplabcut.io.records import find_record, fingerprint, is_done, make_record, now, record_path, write_record

SETTINGS = {"shuffle": 1, "cropping": None, "batch_size": 8, "pcutoff": [0.1, 0.5], "size": (2, 3)}


@pytest.fixture
def work(tmp_path):
    """A finished analysis: the keyword arguments that ask about it."""
    (tmp_path / "v.mp4").write_bytes(b"video" * 100)
    (tmp_path / "snapshot.pt").write_bytes(b"weights")
    outputs = [tmp_path / "vDLC.h5", tmp_path / "vDLC.csv"]
    for path in outputs:
        path.write_bytes(path.suffix.encode() * 10)
    inputs = {"video": tmp_path / "v.mp4", "snapshot": tmp_path / "snapshot.pt"}
    counts = {outputs[0]: 100, outputs[1]: None}
    record = make_record("analyze_videos", inputs, SETTINGS, counts, versions={"deeplabcut": "4"}, started=now())
    write_record(record, outputs[0])
    return {"outputs": outputs, "inputs": inputs, "settings": SETTINGS, "verb": "analyze_videos"}


def test_finished_work_is_done_and_its_record_tells_everything(work):
    assert is_done(**work) and is_done(**work).reason.startswith("done")
    record = find_record(work["outputs"][0])
    assert record.inputs["video"].name == "v.mp4" and record.outputs[0].n_rows == 100
    assert len(record.outputs[0].sha256) == 64 and record.versions == {"deeplabcut": "4"}
    assert record.started <= record.finished and record.finished.endswith("+00:00")


def test_the_record_is_hidden_and_is_taken_for_no_result(work):
    path = record_path(work["outputs"][0])
    assert path.exists() and path.parent.name == ".dlc"
    assert not path.name.endswith((".h5", ".csv", ".pickle", ".mp4"))


def test_without_a_record_existing_files_are_not_done(work):
    record_path(work["outputs"][0]).unlink()
    assert not is_done(**work) and "unfinished" in is_done(**work).reason
    work["outputs"][0].unlink()
    assert "does not exist" in is_done(**work).reason


def test_each_change_is_noticed_and_named(work, tmp_path):
    assert "batch_size was 8, now 9" in is_done(**{**work, "settings": {**SETTINGS, "batch_size": 9}}).reason
    assert "made by analyze_videos" in is_done(**{**work, "verb": "track"}).reason
    assert "detector" in is_done(**{**work, "inputs": {**work["inputs"], "detector": tmp_path / "v.mp4"}}).reason
    assert "not made by that run" in is_done(**{**work, "outputs": [*work["outputs"], tmp_path / "x.h5"]}).reason
    work["outputs"][1].write_bytes(b"edited")
    assert "vDLC.csv was changed" in is_done(**work).reason
    work["outputs"][1].unlink()
    assert "vDLC.csv is gone" in is_done(**work).reason
    work["inputs"]["video"].write_bytes(b"other video")
    assert "the video v.mp4 changed" in is_done(**work).reason


def test_a_setting_that_is_no_number_equals_itself(work):
    settings = {**SETTINGS, "max_gap": [float("nan"), 1]}
    counts = dict.fromkeys(work["outputs"])
    write_record(
        make_record(work["verb"], work["inputs"], settings, counts, versions={}, started=now()), work["outputs"][0]
    )
    assert is_done(**{**work, "settings": settings}) and not is_done(**work)


def test_a_moved_or_touched_project_is_still_done(work, tmp_path):
    os.utime(work["inputs"]["video"], (1, 1))
    assert is_done(**work)
    moved = tmp_path.parent / f"{tmp_path.name} moved"
    shutil.copytree(tmp_path, moved)
    there = {
        **work,
        "outputs": [moved / path.name for path in work["outputs"]],
        "inputs": {role: moved / path.name for role, path in work["inputs"].items()},
    }
    assert is_done(**there)


def test_a_change_of_equal_size_and_another_time_is_noticed(work):
    video = work["inputs"]["video"]
    video.write_bytes(b"VIDEO" * 100)
    os.utime(video, (5, 5))
    assert "changed" in is_done(**work).reason


def test_large_files_are_known_by_head_middle_and_tail(tmp_path):
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    before = fingerprint(path)
    assert before.sampled
    for place in (10, 50 << 20, (100 << 20) - 5):
        with path.open("r+b") as file:
            file.seek(place)
            file.write(b"x")
        after = fingerprint(path)
        assert after.sha256 != before.sha256
        before = after


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_record_counts_as_none(work, data):
    path = record_path(work["outputs"][0])
    whole = path.read_bytes()
    damage = data.draw(st.sampled_from(["cut", "text", "field", "type"]))
    content = json.loads(whole)
    field = data.draw(st.sampled_from(sorted(content)))
    if damage == "field":
        del content[field]
    elif damage == "type":
        content[field] = data.draw(st.sampled_from([None, 5, "x", [1], {"a": 1}]))
    texts = {"cut": whole[: data.draw(st.integers(0, len(whole) - 2))], "text": data.draw(st.binary(max_size=40))}
    path.write_bytes(texts.get(damage, json.dumps(content).encode()))
    record = find_record(work["outputs"][0])
    assert record is None or damage == "type"
    is_done(**work)
    path.write_bytes(whole)
    assert is_done(**work)


def test_deeply_nested_records_are_no_records(work):
    record_path(work["outputs"][0]).write_text("[" * 200_000)
    assert find_record(work["outputs"][0]) is None


def test_a_record_that_cannot_be_written_is_a_failure(work):
    record = find_record(work["outputs"][0])
    for fault in ("write:1", "fsync:1", "replace:1"):
        with faults.injected(fault), pytest.raises(StorageError):
            write_record(record, work["outputs"][0])
    assert is_done(**work)


def test_what_cannot_be_stored_or_found_is_named(work, tmp_path):
    with pytest.raises(InvalidInput, match="plain values"):
        make_record("x", {}, {"model": object()}, {}, versions={}, started=now())
    with pytest.raises(Missing):
        make_record("x", {"video": tmp_path / "no.mp4"}, {}, {}, versions={}, started=now())
