"""Tasks count, reporters show, cancelling stops between two steps."""

import io
import json

import pytest

from deeplabcut.core import progress
from deeplabcut.core.errors import Cancelled


def run(reporter, n=3, **options):
    with progress.Progress(reporter).task("read", total=n, unit="frame", **options) as task:
        for _ in range(n):
            task.advance()


def test_json_lines_tell_a_program_everything():
    stream = io.StringIO()
    run(progress.JsonLines(stream, every_s=0), label="鼠.mp4")
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["start", "update", "update", "update", "end"]
    assert events[-1] | {"done": 3, "total": 3, "label": "鼠.mp4", "error": None} == events[-1]


def test_json_lines_suit_a_stream_of_any_encoding():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    run(progress.JsonLines(stream), label="鼠.mp4")
    stream.seek(0)
    assert all(json.loads(line)["label"] == "鼠.mp4" for line in stream)


def test_a_stream_that_is_not_a_terminal_gets_plain_lines():
    stream = io.StringIO()
    run(progress.Terminal(stream), label="a.mp4")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("read a.mp4: 3/3 frames") and "\033" not in stream.getvalue()


def test_a_terminal_sees_the_line_fill_up():
    stream = io.StringIO()
    stream.isatty = lambda: True
    run(progress.Terminal(stream, every_s=0))
    assert "\r" in stream.getvalue() and "[########" in stream.getvalue()


def test_a_long_name_leaves_room_for_the_count_and_never_takes_a_second_line():
    stream = io.StringIO()
    stream.isatty = lambda: True
    run(progress.Terminal(stream, every_s=0), label="a" * 70 + "bc.mp4")
    drawn = stream.getvalue().split("\r")[1]
    assert drawn.startswith("\033[K\033[?7l") and drawn.endswith("\033[?7h")  # no wrapping in between
    assert "read aaaaaaaaaaaaaaa...aaaaaaaaabc.mp4: 0/3 frames" in drawn
    assert "a" * 70 in stream.getvalue().splitlines()[-1]


def test_T37_a_file_name_cannot_drive_the_terminal():
    stream = io.StringIO()
    run(progress.Terminal(stream), label="\033[2Jevil\nname")
    assert "\033" not in stream.getvalue() and r"\x1b[2Jevil\nname" in stream.getvalue()


def test_cancelled_work_stops_at_its_next_step_and_says_so():
    stream = io.StringIO()
    work = progress.Progress(progress.JsonLines(stream))
    with pytest.raises(Cancelled), work.task("read", total=10) as task:
        task.advance()
        work.cancel()
        task.advance()
    assert "Cancelled" in json.loads(stream.getvalue().splitlines()[-1])["error"]
    with pytest.raises(Cancelled), work.task("next"):
        pass


def test_the_progress_in_force_reaches_code_that_was_not_given_one():
    stream = io.StringIO()
    with progress.in_force(progress.Progress(progress.JsonLines(stream))), progress.current().task("inner"):
        pass
    assert len(stream.getvalue().splitlines()) == 2
    with progress.current().task("silent"):
        pass
    assert len(stream.getvalue().splitlines()) == 2


def test_a_script_without_a_front_end_is_told_on_standard_error(capsys):
    progress.current().message("two videos")
    with progress.current().task("read", total=1, unit="frame") as task:
        task.advance()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("two videos\nread: 1/1 frames")


def test_a_program_without_standard_error_is_not_disturbed(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    progress.current().message("nobody hears this")
