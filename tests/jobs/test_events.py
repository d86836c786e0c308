"""Events are whole lines of JSON, whatever a verb returns or raises."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from deeplabcut.core.errors import Cancelled, InvalidInput, Missing
from deeplabcut.core.progress import Progress
from deeplabcut.jobs.events import EventWriter, error_event, plain_value, result_event


class Size(Enum):
    SMALL = 1


@dataclass
class Report:
    path: Path
    exit_code: int


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (Path("a/b"), "a/b"),
        ([Path("a"), (1, 2.5)], ["a", [1, 2.5]]),
        ({1: {"x"}}, {"1": ["x"]}),
        (Size.SMALL, 1),
        (Report(Path("r"), 1), {"path": "r", "exit_code": 1}),
        (np.arange(3), [0, 1, 2]),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
    ],
)
def test_returned_values_become_json(value, plain):
    assert plain_value(value) == plain
    assert json.loads(json.dumps(result_event(value)))["value"] == plain


def test_a_value_without_a_json_form_is_named():
    assert plain_value([object()]) == ["<builtins.object>"]


def test_a_report_sets_the_exit_code():
    assert result_event(Report(Path("r"), 3))["exit_code"] == 3
    assert result_event("fine")["exit_code"] == 0


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (Missing("gone", where="there", fix="look"), "DLC020", 1),
        (InvalidInput("wrong"), "DLC010", 2),
        (Cancelled("stop"), "DLC090", 130),
        (KeyboardInterrupt(), "DLC090", 130),
        (KeyError("x"), "DLC000", 1),
        (FileNotFoundError(2, "No such file", "f.mp4"), "DLC000", 1),
        (MemoryError(), "DLC000", 1),
        (ModuleNotFoundError("No module named 'cv2'"), "DLC000", 1),
        (SystemExit(0), "DLC000", 1),
    ],
)
def test_every_failure_has_a_code_and_an_exit_code(error, code, exit_code):
    event = json.loads(json.dumps(error_event(error)))
    assert (event["code"], event["exit_code"]) == (code, exit_code)
    assert event["message"]


def test_a_failure_keeps_where_and_what_to_do():
    event = error_event(Missing("gone", where="there", fix="look"))
    assert (event["message"], event["where"], event["fix"]) == ("gone", "there", "look")


def test_being_stopped_by_sigterm_is_143():
    assert error_event(Cancelled("stop"), signal_number=15)["exit_code"] == 143


def test_lines_of_many_threads_stay_whole():
    stream = io.StringIO()
    events = EventWriter(stream)

    def work(number: int) -> None:
        progress = Progress(events.reporter())
        for _ in range(50):
            with progress.task(f"task {number}", label="\n\x1b[31m é 鼠"):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 4 * 50 * 2
    assert {line["event"] for line in lines} == {"start", "end"}
