"""Trust is given to contents, by the person at this machine, and by nothing inside a project."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading

import pytest

from deeplabcut.core.errors import Missing, StorageError
from deeplabcut.core.trust import is_trusted, settings_folder, sha256_of, trust


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in ("HOME", "APPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "home"


@pytest.fixture
def pickle_file(tmp_path):
    path = tmp_path / "old.pickle"
    path.write_bytes(b"some content")
    return path


def test_T31_a_file_is_a_stranger_until_it_is_trusted(pickle_file):
    assert not is_trusted(pickle_file)
    assert trust(pickle_file) == sha256_of(pickle_file)
    assert is_trusted(pickle_file)


def test_T31_a_changed_file_is_a_stranger_again(pickle_file):
    trust(pickle_file)
    pickle_file.write_bytes(b"some c0ntent")
    assert not is_trusted(pickle_file)


def test_T31_a_copy_is_the_same_file(pickle_file, tmp_path):
    trust(pickle_file)
    copy = tmp_path / "copy"
    copy.write_bytes(pickle_file.read_bytes())
    assert is_trusted(str(copy))


def test_T31_an_open_file_is_judged_by_what_it_holds(pickle_file):
    trust(pickle_file)
    with pickle_file.open("rb") as file:
        file.seek(5)
        replacement = pickle_file.with_name("evil")
        replacement.write_bytes(b"evil")
        os.replace(replacement, pickle_file)
        assert is_trusted(file) and file.tell() == 5
    assert not is_trusted(pickle_file)


def test_T31_nothing_in_a_project_can_give_trust(pickle_file, tmp_path, monkeypatch):
    digest = sha256_of(pickle_file)
    for folder in (".config/deeplabcut", ".dlc", "deeplabcut", ".", "AppData/Roaming/deeplabcut"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "trusted.json").write_text(json.dumps({digest: {}}))
    monkeypatch.chdir(tmp_path)
    assert not is_trusted(pickle_file)
    for value in ("", ".", "home/..", "relative"):
        monkeypatch.setenv("HOME", value)
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert not is_trusted(pickle_file)


def test_several_files_are_kept_in_one_list(tmp_path):
    files = [tmp_path / f"{index}.pickle" for index in range(3)]
    for index, file in enumerate(files):
        file.write_bytes(b"x" * (index + 1))
        trust(file)
    assert all(map(is_trusted, files))


def test_files_trusted_at_the_same_time_are_all_kept(tmp_path):
    files = [tmp_path / f"{index}.pickle" for index in range(8)]
    for index, file in enumerate(files):
        file.write_bytes(b"x" * (index + 1))
    threads = [threading.Thread(target=trust, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(is_trusted, files))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"[" * 10_000])
def test_a_garbled_list_trusts_nothing_and_can_be_begun_anew(pickle_file, content):
    trust(pickle_file)
    (settings_folder() / "trusted.json").write_bytes(content)
    assert not is_trusted(pickle_file)
    trust(pickle_file)
    assert is_trusted(pickle_file)


def test_a_missing_file_cannot_be_trusted(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(Missing):
            trust(path)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_the_list_belongs_to_its_user_alone(pickle_file):
    trust(pickle_file)
    store = settings_folder() / "trusted.json"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    store.chmod(0o666)
    assert not is_trusted(pickle_file)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place differs elsewhere")
def test_settings_lie_where_the_user_wants_them(home, tmp_path, monkeypatch):
    assert settings_folder() == home / ".config" / "deeplabcut"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    assert settings_folder() == tmp_path / "elsewhere" / "deeplabcut"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the place differs elsewhere")
def test_T26_without_a_home_nothing_is_trusted_and_trusting_says_why(pickle_file, monkeypatch):
    monkeypatch.setenv("HOME", "")
    assert not is_trusted(pickle_file)
    with pytest.raises(StorageError, match="HOME"):
        trust(pickle_file)
