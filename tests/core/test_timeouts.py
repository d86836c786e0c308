"""Work in a child process: its result, its failures, its end."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deeplabcut.core import progress
from deeplabcut.core.errors import Cancelled, InvalidInput, Missing
from deeplabcut.core.liveness import pid_alive
from deeplabcut.core.timeouts import ChildDied, TookTooLong, call_in_child, call_with_timeout

METHODS = multiprocessing.get_all_start_methods()
LONG_S = 60.0
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")


def total(a, b=0):
    return a + b


def refuse(text):
    raise Missing(text, where="there", fix="look elsewhere")


class Awkward(Exception):
    """Pickles, but does not unpickle."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def refuse_awkwardly():
    raise Awkward(1, 2)


def make_a_lambda():
    return lambda: 0


def hang(marker):
    Path(marker).write_text(str(os.getpid()))
    threading.Event().wait()


def hang_with_a_child(breath):
    """The grandchild holds one end of a pipe as long as it lives."""
    waits = "import threading; print(flush=True); threading.Event().wait()"
    process = subprocess.Popen([sys.executable, "-c", waits], pass_fds=[breath], stdout=subprocess.PIPE)
    process.stdout.readline()
    os.write(breath, b"alive")
    threading.Event().wait()


def crash():
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    os._exit(0)


def a_lot():
    return bytes(20 << 20)


@pytest.mark.parametrize("method", METHODS)
def test_the_result_comes_back_whatever_way_children_start(method):
    assert call_in_child(total, LONG_S, [1], {"b": 2}, start_method=method) == 3


@pytest.mark.parametrize("method", METHODS)
def test_exceptions_of_the_function_are_raised_here_as_they_are(method):
    with pytest.raises(Missing, match="not here") as caught:
        call_in_child(refuse, LONG_S, ["not here"], start_method=method)
    assert caught.value.fix == "look elsewhere" and "in refuse" in str(caught.value.__cause__)


def test_arguments_are_handed_on_as_they_are_given():
    assert call_with_timeout(total, LONG_S, 1) == 1
    assert call_with_timeout(total, None, 1, b=5) == 6


def test_a_result_that_fills_the_pipe_many_times_arrives_whole():
    assert len(call_with_timeout(a_lot, LONG_S)) == 20 << 20


def test_what_does_not_survive_the_way_is_told_in_words():
    with pytest.raises(RuntimeError, match="Awkward: 1 and 2"):
        call_with_timeout(refuse_awkwardly, LONG_S)
    with pytest.raises(TypeError, match="cannot be handed back"):
        call_with_timeout(make_a_lambda, LONG_S)
    with pytest.raises(InvalidInput, match="cannot be handed to a child"):
        call_in_child(lambda: 0, LONG_S, start_method="spawn")


def test_T15_work_that_hangs_is_ended_and_leaves_nobody_behind(tmp_path):
    with pytest.raises(TimeoutError, match=r"hang took longer than 2 s") as caught:
        call_with_timeout(hang, 2, tmp_path / "pid")
    assert isinstance(caught.value, TookTooLong)
    assert not multiprocessing.active_children()
    assert not pid_alive(int((tmp_path / "pid").read_text()))  # not even a zombie


@posix
def test_T15_what_the_work_started_ends_with_it():
    ear, breath = os.pipe()
    with pytest.raises(TimeoutError):
        call_in_child(hang_with_a_child, 3, [breath], start_method="fork")
    os.close(breath)
    assert os.read(ear, 100) == b"alive"
    assert os.read(ear, 100) == b""  # comes only when nobody holds the other end any more
    os.close(ear)


@posix
def test_T15_a_crash_names_the_signal():
    with pytest.raises(ChildDied, match="SIGKILL"):
        call_with_timeout(crash, LONG_S)


def test_T28_a_child_that_leaves_without_an_answer_is_noticed():
    with pytest.raises(ChildDied, match="exit code 0"):
        call_with_timeout(leave, None)


def test_work_can_be_told_to_stop(tmp_path):
    task = progress.Progress()
    task.cancel()
    with progress.in_force(task), pytest.raises(Cancelled):
        call_with_timeout(hang, LONG_S, tmp_path / "pid")
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_time_limit_is_a_time(limit):
    with pytest.raises(InvalidInput, match="time limit"):
        call_with_timeout(total, limit, 1)
