"""Python and the installed distributions: what is missing, too old, or in the way of something else."""

from __future__ import annotations

import importlib.metadata
import locale
import sys
from collections.abc import Iterable

from deeplabcut.doctor.children import Findings
from deeplabcut.doctor.report import Check, Status

SECTION = "Installation"
_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


def installation_checks(libraries: Findings) -> list[Check]:
    """The interpreter, the requirements, libraries that clash, libraries that do not import, the locale."""
    return [_python(), _requirements(), *_opencv(installed(_OPENCV)), *_imports(libraries), _locale(libraries)]


def installed(names: Iterable[str]) -> dict[str, str]:
    """Distribution -> version, for those that are there."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def unmet(requirements: Iterable[str]) -> list[str]:
    """The requirements that are missing or not of the asked version, as pip writes them."""
    from packaging.requirements import Requirement

    wanting = []
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = installed([requirement.name]).get(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wanting.append(f"{requirement.name}{requirement.specifier}")
    return wanting


def _python() -> Check:
    version = sys.version.split()[0]
    if sys.maxsize <= 2**32:
        return Check(SECTION, "python", Status.BROKEN, f"{version}, 32 bit", "install a 64 bit Python")
    return Check(SECTION, "python", Status.OK, version)


def _requirements() -> Check:
    name = "requirements"
    try:
        wanting = unmet(importlib.metadata.requires("deeplabcut") or [])
    except importlib.metadata.PackageNotFoundError:
        value = "deeplabcut runs from a folder without being installed"
        return Check(SECTION, name, Status.NOTE, value, "python -m pip install -e .")
    if wanting:
        quoted = " ".join(f'"{requirement}"' for requirement in wanting)
        return Check(
            SECTION, name, Status.BROKEN, f"missing or too old: {', '.join(wanting)}", f"python -m pip install {quoted}"
        )
    return Check(SECTION, name, Status.OK, "all present")


def _opencv(found: dict[str, str]) -> list[Check]:
    """Several OpenCV distributions overwrite each other's files."""
    if len(found) < 2:
        return []
    value = "side by side: " + ", ".join(f"{name} {version}" for name, version in found.items())
    fix = f"keep one: python -m pip uninstall -y {' '.join(found)}\nthen: python -m pip install opencv-python-headless"
    return [Check(SECTION, "OpenCV", Status.WARNING, value, fix)]


def _imports(libraries: Findings) -> list[Check]:
    checks = []
    failures = {step: message for step, message in libraries.errors.items() if step.startswith("import ")}
    if libraries.died_in and libraries.died_in != "locale":
        failures[libraries.died_in] = libraries.death
    for step, message in failures.items():
        name = step.removeprefix("import ").partition(".")[0]
        package = {"cv2": "opencv-python-headless"}.get(name, name)
        fix = f"python -m pip install --force-reinstall {package}"
        checks.append(Check(SECTION, name, Status.BROKEN, f"does not import: {message}", fix))
    return checks or [Check(SECTION, "libraries", Status.OK, "all import")]


def _locale(libraries: Findings) -> Check:
    facts = libraries.facts
    encoding = str(facts.get("encoding") or locale.getpreferredencoding(False))
    value = (
        f"{encoding}, decimal point {facts.get('decimal_point', 'unknown')!r}, file names {sys.getfilesystemencoding()}"
    )
    if sys.getfilesystemencoding().lower().replace("-", "") != "utf8":
        fix = "set LC_ALL=C.UTF-8 (or PYTHONUTF8=1), or names with accents cannot be opened"
        return Check(SECTION, "locale", Status.WARNING, value, fix)
    return Check(SECTION, "locale", Status.OK, value)
