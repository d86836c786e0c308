"""What the ``dlc`` command answers, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import deeplabcut
from deeplabcut.jobs.verbs import VERBS

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


def test_nothing_at_all_shows_version_and_help(dlc):
    said = dlc()
    assert said.code == 0
    assert said.out.startswith(f"deeplabcut {deeplabcut.__version__}\nUsage: dlc ")
    for stage in dict.fromkeys(verb.stage for verb in VERBS):
        assert f"\n{stage}\n" in said.out


def test_version(dlc):
    assert dlc("--version").out == f"deeplabcut {deeplabcut.__version__}\n"


@pytest.mark.parametrize("words", [[], *(verb.name.split() for verb in VERBS), ["video"], ["project"]], ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_a_help_page(dlc, words, flag):
    said = dlc(*words, flag)
    assert said.code == 0 and said.err == ""
    assert said.out.startswith("Usage: dlc" + "".join(f" {word}" for word in words))
    assert flag in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())
    assert "\x1b" not in said.out


@pytest.mark.parametrize("columns", ["30", "46", "64", "200"])
def test_help_fits_the_terminal(dlc, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    for words in ([], ["everything"], ["video", "crop"]):
        lines = dlc(*words, "--help").out.splitlines()
        assert max(map(len, lines)) <= int(columns)


def test_a_help_page_says_what_the_signature_and_the_docstring_say(dlc):
    page = " ".join(dlc("everything", "--help").out.split())
    assert "Usage: dlc everything CONFIG VIDEOS... [OPTIONS]" in page
    assert "CONFIG The project's config.yaml." in page
    assert "--shuffle INTEGER Of the training set. [default: 1]" in page
    assert "--engine PYTORCH|TF" in page
    assert "--overwrite / --no-overwrite [default: false]" in page
    assert "--choose" not in page


def test_arguments_arrive_as_the_signature_wants_them(dlc):
    said = dlc(
        "everything", "config.yaml", "a.mp4", "b c.mp4", "--engine", "tf", "--crop", "0,10,0,20", "--bodyparts", "nose",
        "--bodyparts", "left ear", "--shuffles", "1,2", "--overwrite", "--start-s=1.5", "--snapshot", "-1", "--json",
    )  # fmt: skip
    value = json.loads(said.out.splitlines()[-1])["value"]
    assert value["videos"] == ["a.mp4", "b c.mp4"]
    assert value["engine"] == 2
    assert value["crop"] == [0, 10, 0, 20]
    assert value["bodyparts"] == ["nose", "left ear"]
    assert value["shuffles"] == [1, 2]
    assert value["overwrite"] is True
    assert (value["start_s"], value["snapshot"]) == (1.5, -1)


@pytest.mark.parametrize("words", [["vanish_array"], ["vanish-array"], ["Vanish-Array"]])
def test_commands_may_be_spelled_with_underscores(dlc, words):
    assert dlc(*words).code == 0


@pytest.mark.parametrize("option", ["--start_s", "--start-s", "--START-S"])
def test_options_may_be_spelled_with_underscores(dlc, option):
    assert dlc("everything", "c", "v", option, "2").code == 0


def test_names_that_begin_with_a_dash_come_after_two_dashes(dlc):
    said = dlc("everything", "--json", "--", "-c.yaml", "--json")
    value = json.loads(said.out.splitlines()[-1])["value"]
    assert (value["config"], value["videos"]) == ("-c.yaml", ["--json"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["doctr"], "did you mean doctor?"),
        (["shorten"], "did you mean video shorten?"),
        (["video", "crap"], "did you mean video crop?"),
        (["everything", "c", "v", "--shufle", "2"], "--shuffle"),
        (["everything", "c"], "VIDEOS"),
        (["everything", "c", "v", "--shuffle", "two"], "shuffle is 'two'. Allowed: a whole number."),
        (["everything", "c", "v", "--colour", "green"], "Allowed: red, blue"),
        (["everything", "c", "v", "--start-s", "1,5"], "write 1.5"),
        (["--verbose"], "There is no command"),
        (["-x"], "-x"),
        (["everything", "c", "-film.mp4"], "after two dashes: -- -name"),
        (["count", "--n-steps"], "--n-steps"),
    ],
)
def test_a_wrong_command_line_is_explained_with_exit_code_2(dlc, args, said):
    answer = dlc(*args)
    assert answer.code == 2 and answer.out == ""
    assert said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "args", [["doctr", "--json"], ["--json", "everything"], ["everything", "c", "v", "--json", "--x"]]
)
def test_a_program_reads_a_wrong_command_line_as_an_event(dlc, args):
    said = dlc(*args)
    event = json.loads(said.out)
    assert (event["event"], event["exit_code"], said.code, said.err) == ("error", 2, 2, "")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "Error DLC020: There is no mouse.\n  where: arena\\x1b[31m\n  what to do: look under the table\n"),
        ("bug", "Unexpected KeyError: 'shuffle'"),
        ("os", "No such file or directory"),
        ("memory", "not enough memory"),
        ("exit", "Unexpected SystemExit"),
    ],
)
def test_a_failure_is_a_message_and_exit_code_1(dlc, kind, message):
    said = dlc("fail", kind)
    assert said.code == 1
    assert message in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("args", [["-v", "fail", "bug"], ["fail", "bug", "--verbose"]])
def test_the_traceback_is_there_on_request(dlc, args):
    assert "Traceback" in dlc(*args).err


def test_a_report_sets_the_exit_code(dlc):
    said = dlc("verdict", "--code", "3")
    assert (said.code, said.out) == (3, "verdict\nwith exit code 3\n")


def test_T37_control_characters_in_names_are_shown_not_obeyed(dlc, tmp_path):
    evil = "\x1b]0;owned\x07\x1b[2Jx\n.mp4"
    for args in (
        ["path", evil],
        ["history", str(tmp_path / evil)],
        ["rows"],
        [evil],
        ["video", evil],
        ["path", evil, evil],
    ):
        said = dlc(*args)
        assert "\x1b" not in said.out + said.err and "\x07" not in said.out + said.err
    assert dlc("path", evil).out == "\\x1b]0;owned\\x07\\x1b[2Jx\\n.mp4\n"


def test_T37_control_characters_are_escaped_in_events(dlc):
    said = dlc("path", "\x1b[2J\n", "--json")
    assert len(said.out.splitlines()) == 2 and "\x1b" not in said.out
    assert json.loads(said.out.splitlines()[-1])["value"] == "\x1b[2J\n"


def test_records_are_shown_as_a_table(dlc):
    assert dlc("rows").out.splitlines() == [
        "name         n frames",
        "m0\\n\\x1b[2J         1",
        "m1\\n\\x1b[2J        10",
    ]


def test_progress_and_messages_go_to_standard_error(dlc):
    said = dlc("count", "--n-steps", "3")
    assert said.out == "3\n"
    assert "counting" in said.err and "3/3 steps" in said.err
    assert "\r" not in said.err


def test_what_a_verb_prints_and_logs_stays_out_of_the_events(dlc):
    said = dlc("chatter", "--json")
    events = [json.loads(line) for line in said.out.splitlines() if line != "from another program"]
    assert events[-1] == {"event": "result", "exit_code": 0, "value": "genuine"}
    assert "forged" in said.err and not any(event.get("value") == "forged" for event in events)
    assert [event["text"] for event in events if event["event"] == "message"] == ["careful"]


def test_warnings_are_plain_sentences_and_told_once(dlc):
    said = dlc("worry")
    assert said.err == "warning: careful\nwarning: a setting is unknown:\n  - colour\n"


def test_warnings_are_events_for_programs(dlc):
    said = dlc("worry", "--json")
    messages = [event for event in map(json.loads, said.out.splitlines()) if event["event"] == "message"]
    assert [event["text"] for event in messages] == ["careful", "a setting is unknown:\n  - colour"]
    assert {event["level"] for event in messages} == {"warning"} and said.err == ""


def test_a_list_in_a_record_is_shown_item_by_item(dlc):
    assert dlc("worry").out == "n warnings: 3\nnotes:\n    one.\n    two.\nempty: none\n"


def test_a_file_without_kept_versions_is_said_to_have_none(dlc, tmp_path):
    (tmp_path / "new.csv").write_text("1")
    said = dlc("history", str(tmp_path / "new.csv"))
    assert (said.code, said.out) == (0, "") and "No earlier version of new.csv is kept." in said.err


def test_history_and_restore(dlc, tmp_path):
    from deeplabcut.core.files import atomic_write_bytes
    from deeplabcut.core.history import keep_version

    labels = tmp_path / "labels.csv"
    for content in (b"one", b"two", b"three!"):
        atomic_write_bytes(labels, content, keep=keep_version)
    assert dlc("history", str(labels)).out.splitlines()[0].split() == ["version", "saved", "n", "bytes"]
    versions = json.loads(dlc("history", str(labels), "--json").out.splitlines()[-1])["value"]
    assert [version["n_bytes"] for version in versions] == [3, 3]
    assert dlc("restore", str(labels), "--version", "1").code == 0
    assert labels.read_bytes() == b"one"
    assert dlc("restore", str(labels)).code == 0
    assert labels.read_bytes() == b"three!"
    assert dlc("restore", str(labels), "--version", "99").code == 1


def test_trust(dlc, tmp_path, monkeypatch):
    from deeplabcut.core.trust import is_trusted, sha256_of

    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    file = tmp_path / "old.pickle"
    file.write_bytes(b"content")
    assert not is_trusted(file)
    assert dlc("trust", str(file)).out == sha256_of(file) + "\n"
    assert is_trusted(file)


def test_the_entry_points_are_one_and_the_same():
    import deeplabcut.__main__
    import deeplabcut.cli

    assert deeplabcut.__main__.main is deeplabcut.cli.main


def test_importing_the_main_module_starts_nothing():
    said = subprocess.run([sys.executable, "-c", "import deeplabcut.__main__"], capture_output=True, check=True)
    assert said.stdout == said.stderr == b""


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_the_module_is_the_command(flag):
    said = subprocess.run([sys.executable, "-m", "deeplabcut", flag], capture_output=True, text=True, check=True)
    assert "deeplabcut" in said.stdout or "Usage: dlc" in said.stdout


def test_help_loads_nothing_heavy():
    program = (
        "import sys; from deeplabcut.cli import main; main(['--help'])\n"
        "heavy = {'numpy', 'av', 'cv2', 'torch', 'pandas', 'matplotlib', 'deeplabcut.io'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup
    SIGNALS.append((signal.SIGHUP, 129))


@posix
@pytest.mark.parametrize(("number", "exit_code"), SIGNALS)
def test_a_signal_stops_between_two_steps_with_its_exit_code(dlc_program, start, number, exit_code):
    process = start([*dlc_program, "count", "--n-steps", "1000000000", "--json"])
    for line in process.stdout:
        if json.loads(line)["event"] == "start":
            process.send_signal(number)
            break
    out, err = process.communicate()
    assert process.returncode == exit_code
    assert json.loads(out.splitlines()[-1])["exit_code"] == exit_code
    assert err == b""


@posix
def test_a_second_signal_ends_what_does_not_listen(dlc_program, start, tmp_path):
    marker = tmp_path / "marker"
    process = start([*dlc_program, "deaf", str(marker)])
    while not marker.exists() and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    assert b"press Ctrl-C again" in process.stderr.readline() + process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130


@posix
def test_work_goes_on_when_nobody_reads_its_progress_and_stops_with_its_exit_code(dlc_program, start):
    process = start([*dlc_program, "count", "--n-steps", "3"])
    process.stderr.close()
    assert (process.stdout.read(), process.wait()) == (b"3\n", 0)
    process = start([*dlc_program, "count", "--n-steps", "1000000000"])
    process.stderr.readline()
    process.stderr.close()
    process.send_signal(signal.SIGTERM)
    assert (process.stdout.read(), process.wait()) == (b"", 143)


@posix
def test_under_nohup_a_closing_terminal_is_nothing(dlc_program, start):
    program = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = start([sys.executable, "-c", program, *dlc_program, "count", "--n-steps", "20", "--wait-s", "0.01"])
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    assert process.communicate()[0] == b"20\n"
    assert process.returncode == 0


@posix
@pytest.mark.parametrize("args", [["count", "--n-steps", "3"], ["count", "--n-steps", "3", "--json"]])
def test_closed_standard_streams_lead_nowhere(dlc_program, tmp_path, args):
    done = tmp_path / "done"
    program = dlc_program[-1].replace("sys.exit(main(verbs=table.TABLE))", "code = main(verbs=table.TABLE)")
    program += f"\nimport os\nfile = os.open({str(done)!r}, os.O_CREAT | os.O_WRONLY)\n"
    program += "os.write(file, b'%d %d' % (code, file))"
    close = 'exec "$@" <&- >&- 2>&-'
    subprocess.run(["sh", "-c", close, "sh", sys.executable, "-c", program, *args], check=True)
    code, descriptor = map(int, done.read_text().split())
    assert code == 0 and descriptor > 2


@posix
def test_a_reader_that_has_seen_enough_is_no_failure_worth_a_traceback(dlc_program, start):
    process = start([*dlc_program, "rows", "--n", "5000"])
    process.stdout.readline()
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.wait()
    process.stderr.close()


@posix
def test_on_a_terminal_headings_are_bold_and_frames_are_absent():
    import pty

    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([sys.executable, "-m", "deeplabcut", "--help"], stdout=follower, env=environment)
    os.close(follower)
    text = b""
    while part := _read(leader):
        text += part
    assert process.wait() == 0
    assert b"\x1b[1mGet started\x1b[0m" in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


@posix
@pytest.mark.parametrize("locale_name", ["C", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8"])
def test_T29_numbers_keep_their_point_in_any_locale(dlc_program, locale_name):
    said = subprocess.run(
        [*dlc_program, "everything", "c", "v", "--start-s", "1.5", "--json"],
        capture_output=True, check=True, env={**os.environ, "LC_ALL": locale_name, "LANG": locale_name},
    )  # fmt: skip
    assert json.loads(said.stdout.splitlines()[-1])["value"]["start_s"] == 1.5


@posix
def test_T29_names_outside_the_terminal_s_encoding_are_shown_somehow(dlc_program):
    said = subprocess.run(
        [*dlc_program, "path", "鼠.mp4"],
        capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )  # fmt: skip
    assert said.stdout == b"\\u9f20.mp4\n"


@posix
def test_T26_it_works_without_home_display_and_folder(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"import os, runpy, sys; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); sys.argv = ['dlc', '--help']\n"
    program += "runpy.run_module('deeplabcut', run_name='__main__')"
    home = str(Path(deeplabcut.__file__).parents[1])
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={"PATH": os.defpath, "PYTHONPATH": home}
    )
    assert said.returncode == 0, said.stderr
    assert "Usage: dlc" in said.stdout
