"""The examination as a whole."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from deeplabcut.core import progress
from deeplabcut.core.debug.report import collect_debug_sections
from deeplabcut.doctor import installation, machine, torch_fit
from deeplabcut.doctor.children import Findings, probe
from deeplabcut.doctor.report import Check, Report, Status

SELF_TEST, VIDEO = "Self-test", "Video"


def doctor(*, timeout_s: float = 120.0) -> Report:
    """Examine this machine and installation: what works, what is broken, how to mend it.

    Devices, codecs, room on the disks, versions, and a short self-test. Libraries are tried in child processes, so
    a broken one is reported instead of ending the examination. The report is text to paste into a question; paths
    in it are cut to their last two parts.

    Parameters
    ----------
    timeout_s : float
        How long a child process may take, in seconds; the first start of torch on a slow disk takes long.
    """
    with progress.current().task("examine", total=7, unit="part") as task, ThreadPoolExecutor(5) as pool:
        probes = {name: pool.submit(probe, name, timeout_s) for name in ("torch", "codecs", "libraries", "selftest")}
        cards = pool.submit(torch_fit.read_cards)
        checks = _guarded("machine", machine.machine_checks)
        task.advance()
        checks += _guarded("folders", machine.folder_checks)
        task.advance()
        libraries = probes["libraries"].result()
        checks += _guarded("installation", lambda: installation.installation_checks(libraries))
        task.advance()
        codecs = probes["codecs"].result()
        checks += _guarded("codecs", lambda: codec_checks(codecs))
        task.advance()
        selftest = probes["selftest"].result()
        checks += _guarded("self-test", lambda: selftest_checks(selftest))
        task.advance()
        torch, found_cards = probes["torch"].result(), cards.result()
        checks += _guarded("devices", lambda: torch_fit.torch_checks(torch, found_cards))
        task.advance()
        versions = collect_debug_sections()
        task.advance()
    return Report(tuple(checks), tuple(versions))


def codec_checks(found: Findings) -> list[Check]:
    """What videos can be read and written."""
    if "av" not in found.facts:
        reason = found.errors.get("import av") or found.death
        fix = "python -m pip install --force-reinstall av"
        return [Check(VIDEO, "PyAV", Status.BROKEN, f"does not import: {reason}", fix)]
    encoders, decoders = found.facts["encoders"], found.facts["decoders"]
    checks = [
        Check(VIDEO, "reads", Status.OK, ", ".join(decoders)),
        Check(VIDEO, "writes", Status.OK, ", ".join(encoders)),
    ]
    advice = "python -m pip install --force-reinstall av"
    if "h264" not in decoders:
        checks.append(Check(VIDEO, "H.264", Status.WARNING, "cannot be read; most videos are H.264", advice))
    if "libx264" not in encoders:
        checks.append(Check(VIDEO, "H.264", Status.WARNING, "cannot be written", f"{advice}; or write VP9"))
    return checks


def selftest_checks(found: Findings) -> list[Check]:
    """Whether drawing, video and safe writing work here."""
    rows = {
        "write a file": ("write_ms", "a file written whole and read back in {write_ms:.0f} ms"),
        "draw, encode and decode": ("video_ms", "{n_frames} frames drawn, encoded and decoded in {video_ms:.0f} ms"),
    }
    checks = []
    for step, (fact, text) in rows.items():
        if fact in found.facts:
            checks.append(Check(SELF_TEST, step, Status.OK, text.format(**found.facts)))
            continue
        reason = found.errors.get(step) or (found.death if found.died_in in (step, "start") else "not reached")
        fix = "see that the temporary folder is writable (TMPDIR) and the disk is not full; then reinstall deeplabcut"
        checks.append(Check(SELF_TEST, step, Status.BROKEN, reason, fix))
    return checks


def _guarded(name: str, examine: Callable[[], list[Check]]) -> list[Check]:
    """Findings of one part; a part that fails is a finding too."""
    try:
        return examine()
    except Exception as error:
        reason = f"could not be examined ({type(error).__name__}: {error})"
        return [Check("Examination", name, Status.WARNING, reason, "report this text")]
