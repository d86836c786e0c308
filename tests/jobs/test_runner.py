"""Jobs run here or in a child process; crashes, silence and signals end in an event with an exit code."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from deeplabcut.core.errors import Cancelled
from deeplabcut.core.liveness import pid_alive
from deeplabcut.core.progress import Progress
from deeplabcut.jobs import runner
from deeplabcut.jobs.events import EventWriter
from deeplabcut.jobs.runner import ChildRun, Outcome, run, run_child
from deeplabcut.jobs.specs import JobSpec
from deeplabcut.jobs.stopping import stoppable

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


@pytest.fixture
def job(test_verbs):
    return lambda verb, **arguments: JobSpec.of(verb, arguments, verbs=test_verbs.TABLE)


def outcome_of(child: ChildRun) -> Outcome:
    assert child.outcome is not None
    return child.outcome


def test_a_job_runs_in_this_process_and_tells_its_events(job, test_verbs):
    stream = io.StringIO()
    events = EventWriter(stream)
    outcome, value, failure = run(
        job("count", n_steps=3), Progress(events.reporter()), verbs=test_verbs.TABLE, events=events
    )
    assert (outcome.ok, outcome.exit_code, value, failure) == (True, 0, 3, None)
    said = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert (said[0], said[-1]) == ("job", "result")
    assert {"message", "start", "end"} <= set(said)


def test_a_failure_in_this_process_is_an_outcome(job, test_verbs):
    outcome, value, failure = run(job("fail", kind="missing"), Progress(), verbs=test_verbs.TABLE)
    assert not outcome.ok and value is None
    assert outcome.last["code"] == "DLC020"
    assert isinstance(failure, FileNotFoundError)


def test_a_verb_that_calls_exit_has_failed(job, test_verbs):
    outcome, _, _ = run(job("fail", kind="exit"), Progress(), verbs=test_verbs.TABLE)
    assert outcome.exit_code == 1


def test_a_job_runs_in_a_child_process(job, worker):
    seen = []
    outcome = run_child(job("count", n_steps=2, note="é\n鼠"), seen.append, command=worker)
    assert outcome.ok and outcome.value == 2 and outcome.exit_code == 0
    assert seen[0]["event"] == "job" and seen[0]["pid"] != os.getpid()
    assert [event["text"] for event in seen if event["event"] == "message"] == ["é\n鼠"]


def test_the_real_worker_knows_the_real_verbs(tmp_path):
    outcome = run_child(JobSpec.of("history", {"file": tmp_path / "nothing"}))
    assert outcome.last["code"] == "DLC020"


def test_a_child_refuses_what_is_not_a_verb():
    said = subprocess.run(
        list(runner.WORKER), input=b'{"verb": "os:system", "arguments": {"command": "true"}}\n', capture_output=True
    )
    event = json.loads(said.stdout)
    assert (event["event"], event["exit_code"], said.returncode) == ("error", 2, 2)


def test_what_a_verb_prints_does_not_mix_with_events(job, worker):
    seen = []
    outcome = run_child(job("chatter"), seen.append, command=worker)
    assert outcome.value == "genuine"
    assert [event["text"] for event in seen if event["event"] == "message"] == ["careful"]


def test_warnings_of_a_child_arrive_as_messages_each_once(job, worker):
    with ChildRun(job("worry"), command=worker) as child:
        texts = [event["text"] for event in child.events() if event["event"] == "message"]
    assert texts == ["careful", "a setting is unknown:\n  - colour"]


def test_values_without_a_json_form_arrive_named(job, worker):
    value = run_child(job("vanish_array"), command=worker).value
    assert value == {"object": "<builtins.object>", "path": "a/b", "colour": "blue", "none": None}


@posix
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("killed", "was ended by SIGKILL"),
        ("quietly", "ended with exit code 0 but without a result"),
        ("loudly", "something broke inside"),
        ("closed", "was ended by SIGKILL"),
    ],
)
def test_T28_a_child_that_dies_without_a_result_is_reported(job, worker, how, sentence):
    with ChildRun(job("die", how=how), command=worker) as child:
        last = list(child.events())[-1]
    assert last == outcome_of(child).last
    assert (last["event"], last["code"], last["exit_code"]) == ("error", "DLC110", 1)
    assert sentence in last["message"]


@posix
def test_T28_a_child_that_gives_no_sign_of_life_is_ended(job, worker):
    with ChildRun(job("die", how="silent"), command=worker, silence_s=1.0) as child:
        list(child.events())
    assert "gave no sign of life" in outcome_of(child).last["message"]


@posix
def test_T28_a_worker_that_never_starts_is_reported(job):
    with ChildRun(job("count", n_steps=1), command=[sys.executable, "-c", "raise ImportError('torn')"]) as child:
        list(child.events())
    assert "torn" in outcome_of(child).last["message"]


@posix
def test_T28_a_worker_that_does_not_read_its_job_does_not_hold_up_its_parent(job):
    long = job("count", n_steps=1, note="x" * 1_000_000)
    with ChildRun(long, command=[sys.executable, "-c", "import time; time.sleep(600)"], silence_s=0.5) as child:
        list(child.events())
    assert not outcome_of(child).ok


@posix
def test_T28_a_reader_that_stops_reading_still_ends_the_child(job, worker):
    with ChildRun(job("count", n_steps=10**9), command=worker) as child:
        next(child.events())
        pid = child._process.pid
    assert not pid_alive(pid)
    assert not outcome_of(child).ok


@posix
def test_nothing_that_a_child_started_is_left_behind(job, worker, tmp_path):
    marker = tmp_path / "pid"
    outcome = run_child(job("leave_child", pid_file=marker), command=worker)
    assert outcome.value == "left"
    pid = int(marker.read_text())
    give_up_s = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < give_up_s:
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected by init does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return Path("/proc").exists() is False and pid_alive(pid)


def test_no_zombie_is_left(job, worker):
    with ChildRun(job("count", n_steps=1), command=worker) as child:
        list(child.events())
    assert child._process.returncode == 0


def test_a_cancelled_child_stops_between_two_steps(job, worker):
    with ChildRun(job("count", n_steps=10**9), command=worker) as child:
        for event in child.events():
            if event["event"] == "start":
                child.cancel()
    assert outcome_of(child).exit_code == 130
    assert outcome_of(child).last["code"] == "DLC090"


def test_a_child_that_does_not_listen_is_killed_when_cancelled_again(job, worker, tmp_path):
    with ChildRun(job("deaf", marker=tmp_path / "m"), command=worker) as child:
        for event in child.events():
            if event["event"] == "start":
                child.cancel()
                child.cancel()
    assert outcome_of(child).exit_code == 130


def test_a_child_that_does_not_listen_is_killed_after_its_grace(job, worker, tmp_path):
    with ChildRun(job("deaf", marker=tmp_path / "m"), command=worker, grace_s=0.2) as child:
        for event in child.events():
            if event["event"] == "start":
                child.cancel()
    assert outcome_of(child).exit_code == 130


def test_a_job_can_be_cancelled_from_another_thread(job, worker):
    with ChildRun(job("count", n_steps=10**9), command=worker) as child:
        events = child.events()
        next(event for event in events if event["event"] == "start")
        threading.Thread(target=child.cancel).start()
        list(events)
    assert outcome_of(child).exit_code == 130


@posix
def test_a_worker_stops_when_its_parent_is_gone(job, worker, start):
    process = start(worker)
    process.stdin.write(job("count", n_steps=10**9).to_json().encode() + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdin.close()
    last = json.loads(process.stdout.read().splitlines()[-1])
    assert (last["event"], process.wait()) == ("error", 130)


@posix
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_a_worker_ends_it_with_its_exit_code(job, worker, start, number, exit_code):
    process = start(worker)
    process.stdin.write(job("count", n_steps=10**9).to_json().encode() + b"\n")
    process.stdin.flush()
    for line in process.stdout:
        if json.loads(line)["event"] == "start":
            process.send_signal(number)
            break
    last = json.loads(process.stdout.read().splitlines()[-1])
    assert last["exit_code"] == process.wait() == exit_code


@posix
def test_signal_handlers_are_put_back(job, test_verbs):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run(job("count", n_steps=1), Progress(), verbs=test_verbs.TABLE)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


@posix
def test_a_closing_terminal_may_say_so_twice():
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    progress = Progress()
    try:
        with stoppable(progress) as stop:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert stop.number == signal.SIGHUP
    with pytest.raises(Cancelled):
        progress.check()


def test_a_job_runs_in_a_thread_too(job, test_verbs):
    outcomes = []
    thread = threading.Thread(
        target=lambda: outcomes.append(run(job("count", n_steps=2), Progress(), verbs=test_verbs.TABLE)[0])
    )
    thread.start()
    thread.join()
    assert outcomes[0].ok
