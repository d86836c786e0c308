"""The examination finds what is broken, says what to do, and survives what it examines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import deeplabcut
from deeplabcut.core.debug import DebugSection
from deeplabcut.core.liveness import pid_alive
from deeplabcut.core.memory import memory_bytes
from deeplabcut.doctor import Check, Report, Status, examination, installation, machine
from deeplabcut.doctor.children import Findings, listen, probe

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def check(status: Status, name: str = "thing", fix: str | None = None) -> Check:
    return Check("Part", name, status, "value", fix)


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_only_broken_things_set_the_exit_code():
    for status in Status:
        assert Report((check(status),), ()).exit_code == int(status is Status.BROKEN)


def test_the_report_says_first_what_to_do():
    checks = (
        check(Status.OK, "fine"),
        check(Status.WARNING, "odd", "turn it"),
        check(Status.BROKEN, "bad", "buy\na new one"),
    )
    text = str(Report(checks, (DebugSection("Versions", {"numpy": "2"}),)))
    assert text.splitlines()[0] == "# dlc doctor: 1 thing broken, 1 warning"
    assert text.index("BROKEN bad") < text.index("WARNING odd") < text.index("## Part") < text.index("## Versions")
    assert "  buy\n  a new one" in text and "- fine: value" in text and "- numpy: 2" in text


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([], "everything works"),
        ([Status.NOTE], "everything works"),
        ([Status.WARNING] * 2, "works, 2 warnings"),
        ([Status.BROKEN] * 2, "2 things broken, 0 warnings"),
    ],
)
def test_the_verdict(statuses, verdict):
    assert str(Report(tuple(map(check, statuses)), ())).splitlines()[0] == f"# dlc doctor: {verdict}"


def test_T37_names_of_folders_cannot_drive_the_terminal():
    odd = Check("Part", "folder", Status.WARNING, "a\x1b[2J\nb", "cd \x1b[2J")
    assert "\x1b" not in str(Report((odd,), ()))


def test_a_program_is_heard():
    said = listen(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), 60)
    assert (said.output.split(), said.errors.split(), said.code, said.ended) == (["out"], ["err"], 3, True)


def test_a_program_that_does_not_exist_is_no_answer():
    assert listen(["/no/such/program"], 60).code is None


@posix
def test_T28_a_program_that_hangs_is_left_after_its_time():
    said = listen(["sh", "-c", "echo $$; exec sleep 600"], 2)
    assert (said.code, said.ended) == (None, False)
    assert not pid_alive(int(said.output))


def test_a_program_that_says_much_is_not_held_up():
    assert len(listen(python("print('x' * 1_000_000)"), 60).output) >= 1_000_000


STEP = 'print(\'{"kind": "step", "name": "import torch"}\', flush=True);'


@posix
@pytest.mark.parametrize(
    ("program", "death"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "crashed (SIGILL)"),
        ("import os; os._exit(0)", "ended with exit code 0"),
        ("raise OSError('libcudart.so.13: cannot open')", "cannot open"),
    ],
)
def test_a_probe_that_dies_names_the_step(program, death):
    found = probe("torch", 60, command=python(f"{STEP}\n{program}"))
    assert found.died_in == "import torch"
    assert death in found.death


@posix
def test_a_probe_that_hangs_names_the_step():
    program = """echo '{"kind": "step", "name": "import torch"}'; exec sleep 600"""
    found = probe("torch", 2, command=["sh", "-c", program])
    assert (found.died_in, found.death) == ("import torch", "did not finish within 2 s")


def test_a_probe_may_be_surrounded_by_noise():
    facts, error = '{"kind": "facts", "facts": {"a": 1}}', '{"kind": "error", "step": "s", "message": "m"}'
    lines = "\n".join(["noise", "[]", "3", facts, error, '{"x": 1}', '{"kind": "done"}'])
    found = probe("torch", 60, command=python(f"print({lines!r})"))
    assert (found.facts, found.errors, found.died_in) == ({"a": 1}, {"s": "m"}, None)


def test_the_self_test_draws_encodes_decodes_and_writes():
    found = probe("selftest", 120)
    assert found.errors == {} and found.died_in is None, found
    assert found.facts["n_frames"] == 24
    assert [one.status for one in examination.selftest_checks(found)] == [Status.OK, Status.OK]


def test_the_codecs_are_listed():
    found = probe("codecs", 120)
    assert "h264" in found.facts["decoders"] and "mjpeg" in found.facts["encoders"]
    assert all(one.status is Status.OK for one in examination.codec_checks(found))


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (Findings(errors={"import av": "ImportError: no"}), Status.BROKEN),
        (Findings(died_in="import av", death="crashed (SIGSEGV)"), Status.BROKEN),
        (Findings({"av": "1", "encoders": ["mjpeg"], "decoders": ["h264"]}), Status.WARNING),
        (Findings({"av": "1", "encoders": ["libx264"], "decoders": ["vp9"]}), Status.WARNING),
    ],
)
def test_missing_codecs_are_named(found, status):
    worst = examination.codec_checks(found)[-1]
    assert worst.status is status and worst.fix


@pytest.mark.parametrize(
    "found",
    [
        Findings(errors={"write a file": "OSError: read-only", "draw, encode and decode": "x"}),
        Findings(died_in="draw, encode and decode", death="crashed (SIGSEGV)"),
        Findings(died_in="start", death="ended with exit code 1: No module named deeplabcut"),
    ],
)
def test_a_failed_self_test_is_broken_and_says_why(found):
    checks = examination.selftest_checks(found)
    assert checks[-1].status is Status.BROKEN
    assert any(word in checks[-1].value for word in ("x", "SIGSEGV", "No module"))


def test_two_opencvs_side_by_side_are_a_warning():
    assert installation._opencv({"opencv-python-headless": "5"}) == []
    (found,) = installation._opencv({"opencv-python": "4.9", "opencv-python-headless": "5"})
    assert found.status is Status.WARNING
    assert "uninstall -y opencv-python opencv-python-headless" in found.fix


@pytest.mark.parametrize(
    ("requirement", "wanting"),
    [
        ("numpy>=1.26", []),
        ("numpy>=99", ["numpy>=99"]),
        ("no-such-thing>=1", ["no-such-thing>=1"]),
        ('no-such-thing; extra == "tf"', []),
        ('no-such-thing; python_version < "3"', []),
    ],
)
def test_requirements_that_are_not_met_are_named(requirement, wanting):
    assert installation.unmet([requirement]) == wanting


def test_a_library_that_does_not_import_is_broken():
    found = Findings(
        errors={"import cv2": "ImportError: libGL.so.1"}, died_in="import tables", death="crashed (SIGILL)"
    )
    checks = {one.name: one for one in installation.installation_checks(found)}
    assert checks["cv2"].status is checks["tables"].status is Status.BROKEN
    assert "opencv-python-headless" in checks["cv2"].fix
    assert "SIGILL" in checks["tables"].value


def test_machine_facts_are_plausible():
    total, available = memory_bytes() or (2, 1)
    assert 0 < available <= total
    assert {one.name for one in machine.machine_checks()} == {"processor", "cores", "memory"}


def test_folders_that_will_be_made_are_judged_by_the_one_above(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "a" / "b" / "models"))
    found = next(one for one in machine.folder_checks() if one.name == "model cache")
    assert found.value.startswith("b/models,") and found.status in (Status.OK, Status.WARNING)
    assert not (tmp_path / "a").exists()


def test_paths_in_the_report_keep_their_last_two_parts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert all(str(tmp_path.parent) not in one.value for one in machine.folder_checks())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_files_is_a_warning(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.chdir(tmp_path)
    assert machine.folder_checks()[0].status is Status.WARNING


def test_a_part_that_cannot_be_examined_does_not_end_the_examination():
    def fail() -> list[Check]:
        raise RuntimeError("odd machine")

    (found,) = examination._guarded("cores", fail)
    assert found.status is Status.WARNING and "odd machine" in found.value


@posix
def test_T26_the_examination_works_without_home_display_card_and_folder(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    program = (
        f"import os, sys; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n"
        "sys.path.remove('')  # as in an installed command; it sends some versions of Python astray here\n"
        "from deeplabcut.cli import main; sys.exit(main(['doctor', '--json']))"
    )
    home = str(Path(deeplabcut.__file__).parents[1])
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={"PATH": os.defpath, "PYTHONPATH": home}
    )
    last = json.loads(said.stdout.splitlines()[-1])
    assert last["event"] == "result", said.stderr
    checks = {one["name"]: one for one in last["value"]["checks"]}
    assert checks["this folder"]["value"] == "it has been deleted"
    assert checks["draw, encode and decode"]["status"] == "ok"
    assert said.returncode == last["exit_code"] == int(any(one["status"] == "broken" for one in checks.values()))
