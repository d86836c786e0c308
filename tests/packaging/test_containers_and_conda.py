"""The container and conda recipes keep their promises, as far as reading them can tell."""

from __future__ import annotations

import http.server
import importlib.util
import re
import threading
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of each line, continued lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = [line.strip().split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(pair[0], pair[1]) for pair in pairs]


def stages() -> dict[str, list[tuple[str, str]]]:
    """Name of each target -> its instructions, FROM first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split()[-1]
            found[name] = []
        if found:
            found[name].append((word, rest))
    return found


def values(stage: str, word: str) -> list[str]:
    return [rest for one, rest in stages()[stage] if one == word]


def inherited(stage: str) -> list[tuple[str, str]]:
    """The instructions of a target and of those it is built on."""
    own = stages()[stage]
    base = own[0][1].split()[0]
    return [*(inherited(base) if base in stages() else []), *own]


def test_every_base_image_has_a_version():
    defaults = dict(rest.split("=", 1) for word, rest in instructions() if word == "ARG")
    for name, stage in stages().items():
        base = re.sub(r"\$\{?(\w+)\}?", lambda found: defaults[found[1]], stage[0][1].split()[0])
        tag = base.partition(":")[2]
        assert base in stages() or (tag and tag != "latest"), name


def test_every_stage_is_named():
    assert all(re.fullmatch(r"\S+ AS \S+", rest) for word, rest in instructions() if word == "FROM")


def test_there_are_the_two_targets():
    assert {"core", "jupyter"} <= set(stages())
    assert values("jupyter", "FROM") == ["core AS jupyter"]


@pytest.mark.parametrize("target", ["core", "jupyter"])
def test_the_images_do_not_run_as_root(target):
    assert [rest for word, rest in inherited(target) if word == "USER"][-1] not in ("root", "0")
    assert [word for word, _ in stages()[target]].count("CMD") == 1


@pytest.mark.parametrize("target", ["core", "jupyter"])
def test_commands_are_lists_so_that_signals_arrive(target):
    assert all(rest.startswith("[") for word, rest in stages()[target] if word in ("CMD", "ENTRYPOINT"))


def test_the_working_folder_is_writable_for_everybody():
    assert values("core", "WORKDIR") == ["/app"]
    assert any(re.search(r"chmod -R 0777 .*/app", rest) for rest in values("core", "RUN"))


def test_the_notebook_has_a_health_check_and_its_port():
    assert len(values("jupyter", "HEALTHCHECK")) == 1
    assert values("jupyter", "EXPOSE") == ["8888"]


def test_what_is_copied_exists():
    for stage in stages().values():
        for word, rest in stage:
            if word == "COPY" and "--from" not in rest:
                *sources, _ = rest.split()
                assert [name for name in sources if not (ROOT / name).exists()] == []


def test_no_secret_is_written_into_the_images():
    assert not [
        rest for word, rest in instructions() if word in ("ENV", "ARG") and re.search(r"(?i)token|passw|secret", rest)
    ]


def test_nothing_is_fetched_without_a_package_manager():
    assert not re.search(r"\b(curl|wget)\b|^ADD ", DOCKERFILE.read_text(), re.MULTILINE)


def script(name: str):
    spec = importlib.util.spec_from_file_location(f"docker_{name}", ROOT / "docker" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def started(monkeypatch) -> tuple[list[str], dict[str, str]]:
    notebook, calls = script("notebook"), []
    monkeypatch.setattr(
        notebook.os, "execvpe", lambda program, arguments, environment: calls.append((arguments, environment))
    )
    notebook.main()
    return calls[0]


def test_the_notebook_gets_a_new_random_token_each_time(monkeypatch, capsys):
    monkeypatch.delenv("NOTEBOOK_TOKEN", raising=False)
    tokens = [started(monkeypatch)[1]["JUPYTER_TOKEN"] for _ in range(2)]
    assert len(set(tokens)) == 2 and min(map(len, tokens)) >= 32
    assert tokens[1] in capsys.readouterr().err


def test_a_given_token_is_used_and_not_shown(monkeypatch, capsys):
    monkeypatch.setenv("NOTEBOOK_TOKEN", "my own token")
    arguments, environment = started(monkeypatch)
    assert environment["JUPYTER_TOKEN"] == "my own token"
    assert "my own token" not in capsys.readouterr().err + " ".join(arguments)


def test_a_notebook_without_a_token_is_refused():
    with pytest.raises(ValueError, match="token"):
        script("notebook").command("")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (500, 1), (404, 1)])
def test_the_health_check_asks_the_api_whatever_proxy_is_set(status, code, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/api" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert script("healthcheck").main(f"http://127.0.0.1:{server.server_port}/api") == code


def test_the_health_check_fails_where_nobody_listens():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        port = server.server_port
    assert script("healthcheck").main(f"http://127.0.0.1:{port}/api") == 1


def test_the_conda_file_is_one_environment():
    recipe = YAML(typ="safe").load(ROOT / "conda" / "DEEPLABCUT.yaml")
    assert recipe["name"] == "DEEPLABCUT"
    assert recipe["channels"] == ["conda-forge"]
    plain = [entry for entry in recipe["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in recipe["dependencies"] if isinstance(entry, dict)]
    assert {"pip", "ipython", "jupyter"} <= set(plain)
    assert any(re.fullmatch(r"python=3\.1[0-3]", entry) for entry in plain)
    assert pip == ["torch", "torchvision", "deeplabcut[gui,modelzoo,wandb]>=4.0.0.dev0"]


def test_the_extras_that_the_recipes_name_exist():
    declared = set(re.findall(r"^([\w-]+) = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    named = re.findall(r"(?:deeplabcut|/src)\[([\w,-]+)\]", DOCKERFILE.read_text())
    named += re.findall(r"deeplabcut\[([\w,-]+)\]", (ROOT / "conda" / "DEEPLABCUT.yaml").read_text())
    assert len(named) == 2
    assert {extra for group in named for extra in group.split(",")} <= declared
