"""The pasteable report: recent log lines, timings, versions, programs; no path longer than two parts."""

from __future__ import annotations

import logging
import sys
import uuid
from pathlib import Path

import pytest

from deeplabcut.core import debug
from deeplabcut.core.debug import debug_logger, report
from deeplabcut.core.debug.recorder import InMemoryDebugRecorder, RecordedLog


@pytest.fixture
def logger():
    logger = logging.getLogger(f"deeplabcut.test.{uuid.uuid4().hex}")
    yield logger
    logger.handlers.clear()


@pytest.fixture
def timing(monkeypatch):
    """Switch timings on or off for a test."""

    def switch(on: str, threshold_ms: str = "") -> None:
        monkeypatch.setenv("DLC_LOG_TIMING", on)
        monkeypatch.setenv("DLC_LOG_TIMING_THRESHOLD_MS", threshold_ms)
        debug_logger.reload_debug_settings_from_env()

    yield switch
    monkeypatch.undo()
    debug_logger.reload_debug_settings_from_env()


def test_the_recorder_keeps_what_its_logger_says(logger):
    recorder = debug.install_debug_recorder(logger_name=logger.name, ensure_logger_level=logging.INFO)
    logger.info("read %d frames", 3)
    logger.debug("too quiet")
    try:
        raise ValueError("torn")
    except ValueError:
        logger.exception("failed")
    first, second = recorder.snapshot()
    assert (first.level, first.logger_name, first.message, first.exc_text) == (
        "INFO",
        logger.name,
        "read 3 frames",
        None,
    )
    assert "ValueError: torn" in second.exc_text


def test_a_second_call_gives_the_same_recorder(logger):
    recorder = debug.install_debug_recorder(logger_name=logger.name)
    assert debug.install_debug_recorder(logger_name=logger.name, capacity=3) is recorder
    assert debug.get_debug_recorder(logger_name=logger.name) is recorder
    assert logger.handlers == [recorder]


def test_without_a_call_there_is_no_recorder(logger):
    assert debug.get_debug_recorder(logger_name=logger.name) is None


@pytest.mark.parametrize("name", ["", "root"])
def test_the_root_logger_is_left_alone(name):
    with pytest.raises(ValueError, match="root"):
        debug.install_debug_recorder(logger_name=name)
    assert debug.get_debug_recorder(logger_name=name) is None


def test_the_level_of_the_logger_is_only_lowered_on_request(logger):
    logger.setLevel(logging.ERROR)
    debug.install_debug_recorder(logger_name=logger.name)
    assert logger.level == logging.ERROR
    debug.install_debug_recorder(logger_name=logger.name, ensure_logger_level=logging.INFO)
    assert logger.level == logging.INFO
    debug.install_debug_recorder(logger_name=logger.name, ensure_logger_level=logging.ERROR)
    assert logger.level == logging.INFO


def test_the_newest_lines_are_kept_and_the_others_counted(logger):
    recorder = debug.install_debug_recorder(logger_name=logger.name, capacity=3)
    for index in range(5):
        logger.warning("line %d", index)
    assert [line.message for line in recorder.snapshot()] == ["line 2", "line 3", "line 4"]
    assert recorder.dropped_count == 2
    recorder.clear()
    assert recorder.snapshot() == [] and recorder.dropped_count == 0


def test_emit_never_raises():
    recorder = InMemoryDebugRecorder()

    class Nasty:
        def __str__(self):
            raise RuntimeError

    recorder.emit(logging.LogRecord("a", logging.INFO, "", 0, "%d frames", ("three",), None))
    recorder.emit(logging.LogRecord("a", logging.INFO, "", 0, "%s", (Nasty(),), None))
    messages = [line.message for line in recorder.snapshot()]
    assert messages == ["'%d frames' (could not be formatted)", "'%s' (could not be formatted)"]


def test_lines_are_rendered_with_time_level_and_name(logger, timing):
    timing("0")
    recorder = debug.install_debug_recorder(logger_name=logger.name)
    logger.warning("careful")
    clock, level, name, message = recorder.render_text().split(" | ")
    assert (level, name, message) == ("WARNING", logger.name, "careful")
    assert len(clock) == len("12:34:56.789") and clock[8] == "."


def test_only_the_newest_lines_are_rendered(logger):
    recorder = debug.install_debug_recorder(logger_name=logger.name)
    for index in range(5):
        logger.warning("line %d", index)
    assert [line.rpartition(" ")[2] for line in recorder.render_text(limit=2).splitlines()] == ["3", "4"]
    assert recorder.render_text(limit=0) == ""


def test_with_timing_on_a_column_counts_milliseconds(timing):
    timing("yes")
    recorder = InMemoryDebugRecorder()
    recorder._lines.extend([RecordedLog(10.0, "INFO", "a", "x"), RecordedLog(10.25, "INFO", "a", "y")])
    first, second = recorder.render_text().splitlines()
    assert first.split(" | ")[1] == "+0.0 ms"
    assert second.split(" | ")[1] == "+250.0 ms"


def test_timings_are_logged_on_request_only(logger, timing):
    recorder = debug.install_debug_recorder(
        logger_name=logger.name, handler_level=logging.DEBUG, ensure_logger_level=logging.DEBUG
    )
    timing("off")
    with debug.log_timing(logger, "silent"):
        pass
    timing("1")
    with debug.log_timing(logger, "loud"):
        pass
    with pytest.raises(KeyError), debug.log_timing(logger, "failing"):
        raise KeyError
    with debug.log_timing(logger, "too short", threshold_ms=1e6):
        pass
    timing("1", "1e6")
    with debug.log_timing(logger, "too short for the environment"):
        pass
    timing("1", "soon")
    with debug.log_timing(logger, "no threshold"):
        pass
    assert [line.message.split(" took ")[0] for line in recorder.snapshot()] == ["loud", "failing", "no threshold"]


def test_versions_come_from_the_metadata():
    found = debug.collect_version_summary(libraries=["numpy", "no-such-thing", debug.LibrarySpec("us", "deeplabcut")])
    assert found["numpy"].count(".") >= 1
    assert found["no-such-thing"] == "not-installed"
    assert found["us"].startswith("4.")


def test_a_module_can_tell_its_own_version():
    spec = debug.LibrarySpec("numpy", dist_name="no-such-thing", prefer_module_version=True)
    assert debug.collect_version_summary(libraries=[spec])["numpy"][0].isdigit()


def test_reading_versions_imports_no_library():
    import subprocess

    program = (
        "import sys; from deeplabcut.core.debug import build_debug_report as build\n"
        "build(recorder=None, include_module_paths=True); print('torch' in sys.modules or 'pandas' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_programs_tell_their_first_line():
    python = debug.ExecutableSpec("python", command=sys.executable, version_args=("--version",))
    found = debug.collect_executable_summary(executables=[python, "no-such-program"])
    assert found["python"] == f"Python {sys.version.split()[0]}"
    assert found["python_path"].count("/") == 1
    assert (found["no-such-program"], found["no-such-program_path"]) == ("unavailable", "not-found")
    assert set(debug.collect_executable_summary(executables=[python], include_paths=False)) == {"python"}


@pytest.mark.parametrize(
    ("path", "short"),
    [("/home/ann/lab/project/config.yaml", "project/config.yaml"), ("/tmp", "tmp"), ("/", "unknown"), ("", "unknown"),
     ("a\x1b[2J/b", "a\\x1b[2J/b")],
)  # fmt: skip
def test_paths_keep_their_last_two_parts(path, short):
    assert report.short_path(path) == short


def test_the_report_names_nobody(logger):
    text = debug.build_debug_report(recorder=None, include_module_paths=True)
    assert str(Path(sys.prefix).parent) not in text and str(Path.home()) + "/" not in text
    assert "<debug recorder unavailable>" in text


def test_the_report_is_markdown():
    sections = [debug.DebugSection("One", {"a": "1"}), debug.DebugSection("None", {})]
    text = debug.format_debug_report(sections=sections, logs_text="line")
    assert text == "## One\n- a: 1\n\n## None\n- <no data>\n\n## Recent logs\n```text\nline\n```"


def test_the_sections_come_in_order():
    titles = [section.title for section in debug.collect_debug_sections()]
    titles = [title for title in titles if title != "TensorFlow libraries"]
    assert titles == ["Runtime", "DeepLabCut core libraries", "GUI libraries", "External tools"]


def test_the_historical_address_holds_every_name():
    names = """LOG_QUEUE_MAXLEN DLC_ALL_LIBS_SPECS reload_debug_settings_from_env log_timing RecordedLog
    InMemoryDebugRecorder DebugSection install_debug_recorder get_debug_recorder LibrarySpec collect_version_summary
    ExecutableSpec collect_executable_summary format_debug_report build_debug_report collect_runtime_summary
    collect_debug_sections"""
    assert set(names.split()) == set(debug_logger.__all__)
    for name in debug.__all__:
        assert getattr(debug, name) is getattr(debug_logger, name)
