"""Downloads: whole and right under their name, or not there at all; continued, not repeated."""

import errno
import hashlib
import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.error import URLError

import pytest

from deeplabcut.core import faults, progress
from deeplabcut.core.errors import Cancelled, InvalidInput, NoSpace, StorageError
from deeplabcut.io import download as module
from deeplabcut.io import web
from deeplabcut.io.download import WrongContent, download, is_intact
from deeplabcut.io.web import DownloadError, LoginPage, Offline, Refused

CONTENT = os.urandom(300_000)
CUT = int(0.41 * len(CONTENT))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SOON = (0.0,) * 4


class Server:
    """Answers requests in turn as told (the last way for ever), and keeps what was asked for."""

    def __init__(self):
        self.content, self.etag, self.ways, self.seen = CONTENT, '"1"', ["whole"], []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.seen.append((self.path, dict(self.headers)))
                way = server.ways[0] if len(server.ways) == 1 else server.ways.pop(0)
                self.close_connection = True
                way(self) if callable(way) else getattr(server, way)(self)

            def log_message(self, *arguments):
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/models/net.tar.gz"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    @property
    def ranges(self):
        return [headers.get("Range") for _, headers in self.seen]

    def whole(self, request, stop=None):
        start, asked = 0, request.headers.get("Range")
        if asked and request.headers.get("If-Range", self.etag) == self.etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(self.content):
                return self.send(request, 416, b"", {"Content-Range": f"bytes */{len(self.content)}"})
            headers = {"Content-Range": f"bytes {start}-{len(self.content) - 1}/{len(self.content)}", "ETag": self.etag}
            return self.send(request, 206, self.content[start:], headers, stop)
        return self.send(request, 200, self.content, {"ETag": self.etag}, stop)

    def cut(self, request):
        """Stop after 41 % of what is left."""
        asked = request.headers.get("Range") or "bytes=0-"
        left = len(self.content) - int(asked.removeprefix("bytes=").removesuffix("-"))
        self.whole(request, int(0.41 * left))

    def without_ranges(self, request):
        self.send(request, 200, self.content, {})

    def without_length(self, request):
        request.send_response(200)
        request.end_headers()
        request.wfile.write(self.content)

    def chunked(self, request, n_chunks=3):
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        size = len(self.content) // 3
        for i in range(n_chunks):
            piece = self.content[i * size : (i + 1) * size]
            request.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if n_chunks == 3:
            request.wfile.write(b"0\r\n\r\n")

    def chunked_and_cut(self, request):
        self.chunked(request, 2)

    def chunked_and_cut_at_once(self, request):
        self.chunked(request, 0)

    def chunked_with_a_size_that_is_none(self, request):
        self.chunked(request, 0)
        request.wfile.write(b"soon\r\nabc\r\n")

    def busy(self, request):
        self.send(request, 503, b"later", {"Retry-After": "0"})

    def gone(self, request):
        self.send(request, 404, b"", {})

    def login(self, request):
        self.send(request, 200, b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html; charset=utf-8"})

    def login_in_disguise(self, request):
        self.send(request, 200, b"\n<!DOCTYPE html><html>Welcome</html>", {})

    def login_by_status(self, request):
        self.send(request, 511, b"", {})

    def silent(self, request):
        request.connection.shutdown(socket.SHUT_RDWR)

    def sends_to(self, url):
        return lambda request: self.send(request, 302, b"", {"Location": url})

    def send(self, request, status, body, headers, stop=None):
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body[:stop])


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "net.tar.gz"


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_comes_whole_and_alone(server, target):
    assert download(server.url, target, sha256=SHA256.upper(), size=len(CONTENT)) == target
    assert target.read_bytes() == CONTENT and left_in(target.parent) == ["net.tar.gz"]


def test_progress_counts_bytes_and_the_rest_of_the_file(server, target):
    seen = []

    class Listener(progress.Silent):
        def end(self, task, error):
            seen.append((task.name, task.unit, task.done, task.total))

    server.ways = ["cut", "whole"]
    with progress.in_force(progress.Progress(Listener())):
        download(server.url, target, pauses_s=SOON)
    assert seen == [("download", "byte", len(CONTENT), len(CONTENT))]


def test_T38_a_download_that_is_cut_goes_on_where_it_stopped(server, target):
    server.ways = ["cut", "cut", "whole"]
    download(server.url, target, sha256=SHA256, pauses_s=SOON)
    second = CUT + int(0.41 * (len(CONTENT) - CUT))
    assert server.ranges == [None, f"bytes={CUT}-", f"bytes={second}-"]
    assert target.read_bytes() == CONTENT and left_in(target.parent) == ["net.tar.gz"]


def test_T38_the_next_run_goes_on_where_the_last_one_gave_up(server, target):
    server.ways = ["cut", "silent"]
    with pytest.raises(DownloadError, match=f"{CUT:,} bytes are kept"):
        download(server.url, target, sha256=SHA256, pauses_s=())
    assert not target.exists() and not [name for name in left_in(target.parent) if not name.startswith(".dlc-")]
    server.ways = ["whole"]
    download(server.url, target, sha256=SHA256)
    assert server.ranges[-1] == f"bytes={CUT}-" and target.read_bytes() == CONTENT
    assert left_in(target.parent) == ["net.tar.gz"]


def test_T38_a_run_that_died_before_the_last_step_needs_no_network(server, target):
    with faults.injected("replace:1"), pytest.raises(StorageError):
        download(server.url, target, sha256=SHA256)
    assert not target.exists()
    download(server.url, target, sha256=SHA256)
    assert len(server.seen) == 1 and target.read_bytes() == CONTENT


def test_T38_a_file_that_changes_on_the_server_is_fetched_anew(server, target):
    def cut_then_change(request):
        server.cut(request)
        server.content, server.etag = b"new" * 50_000, '"2"'

    server.ways = [cut_then_change, "whole"]
    download(server.url, target, pauses_s=SOON)
    assert target.read_bytes() == b"new" * 50_000 and len(server.seen) == 2


def test_T38_pieces_of_two_versions_are_never_put_together(server, target):
    """A server without etags that shifts the file between two answers: only the hash tells."""
    server.etag = ""

    def cut_other_file(request):
        server.content = bytes(300_000)
        server.cut(request)
        server.content = CONTENT

    server.ways = [cut_other_file, "whole"]
    download(server.url, target, sha256=SHA256, pauses_s=SOON)
    assert target.read_bytes() == CONTENT and server.ranges == [None, f"bytes={CUT}-", None]


def test_T38_a_server_that_sends_another_range_than_asked_for_is_not_believed(server, target):
    def shifted(request):
        body = CONTENT[CUT + 1 :]
        place = f"bytes {CUT + 1}-{len(CONTENT) - 1}/{len(CONTENT)}"
        server.send(request, 206, body + b"x", {"Content-Range": place, "ETag": server.etag})

    server.ways = ["cut", shifted, "whole"]
    download(server.url, target, pauses_s=SOON)
    assert target.read_bytes() == CONTENT and server.ranges[-1] is None


def test_T38_a_file_that_changes_all_the_time_is_given_up(server, target):
    def always_partial(request):
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        place = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}", "ETag": f'"{len(server.seen)}"'}
        server.send(request, 206 if start else 200, CONTENT[start:], place, 1000)

    server.ways = [always_partial]
    with pytest.raises(WrongContent, match="changes on the server"):
        download(server.url, target, pauses_s=SOON)
    assert left_in(target.parent) == []


def test_a_server_without_ranges_sends_everything_again(server, target):
    server.ways = ["cut", "without_ranges"]
    download(server.url, target, sha256=SHA256, pauses_s=SOON)
    assert target.read_bytes() == CONTENT


def test_T38_a_wrong_hash_or_length_leaves_nothing(server, target):
    for wanted in ({"sha256": "0" * 64}, {"size": 5}, {"size": 300_001, "sha256": SHA256}):
        with pytest.raises(WrongContent, match="not the file that was asked for"):
            download(server.url, target, **wanted, pauses_s=SOON)
        assert left_in(target.parent) == []


def test_T38_server_errors_pass(server, target):
    server.ways = ["busy", "busy", "silent", "whole"]
    download(server.url, target, sha256=SHA256, pauses_s=SOON)
    assert len(server.seen) == 4


def test_T38_errors_that_do_not_pass_are_reported_once_the_tries_are_used_up(server, target):
    server.ways = ["busy"]
    with pytest.raises(DownloadError, match="503") as caught:
        download(server.url, target, pauses_s=SOON)
    assert len(server.seen) == len(SOON) + 1 and str(target) in caught.value.fix
    assert left_in(target.parent) == []


def test_a_file_that_is_not_there_is_not_asked_for_twice(server, target):
    server.ways = ["gone"]
    with pytest.raises(Refused, match="no such file"):
        download(server.url, target, pauses_s=SOON)
    assert len(server.seen) == 1


@pytest.mark.parametrize("way", ["login", "login_in_disguise", "login_by_status"])
def test_T38_a_login_page_is_not_the_file(server, target, way):
    server.ways = ["cut", "silent"]
    with pytest.raises(DownloadError):
        download(server.url, target, pauses_s=())
    server.ways = [way]
    with pytest.raises(LoginPage) as caught:
        download(server.url, target, pauses_s=SOON)
    assert "browser" in caught.value.fix and not target.exists()
    server.ways = ["whole"]
    download(server.url, target, sha256=SHA256)
    assert server.ranges[-1] == f"bytes={CUT}-"  # what had come before was not touched


def test_T38_a_file_that_is_there_needs_no_network(server, target):
    target.write_bytes(CONTENT)
    assert download(server.url, target, sha256=SHA256, size=len(CONTENT)) == target
    assert download(server.url, target, size=len(CONTENT)) == target
    assert download(server.url, target) == target
    assert server.seen == []


def test_a_file_that_is_there_and_wrong_is_replaced(server, target):
    target.write_bytes(b"half of it")
    download(server.url, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT and is_intact(target, SHA256, len(CONTENT))


def test_T38_without_a_network_the_way_out_is_told_at_once(target):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Offline, match="cannot be reached") as caught:
            download(f"http://127.0.0.1:{port}/net.tar.gz", target, pauses_s=(60.0,))
    assert str(target) in caught.value.fix


@pytest.mark.parametrize(
    ("reason", "family"),
    [
        (socket.gaierror(-2, "Name or service not known"), Offline),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Offline),
        (TimeoutError("timed out"), DownloadError),
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), DownloadError),
    ],
)
def test_failures_of_the_network_become_errors_of_ours(monkeypatch, target, reason, family):
    class Broken:
        def open(self, *arguments, **options):
            raise URLError(reason)

    monkeypatch.setattr(web, "_opener", lambda **options: Broken())
    with pytest.raises(family):
        download("https://example.org/net.tar.gz", target, pauses_s=())
    assert left_in(target.parent) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/net.tar.gz",
        "ftp://example.org/net",
        "file:///etc/passwd",
        "data:,x",
        "/etc/passwd",
        "https:///net",
        "http://127.0.0.1.example.org/net",
        "http://localhost@example.org/net",
    ],
)
def test_only_https_addresses_are_fetched(url, target):
    with pytest.raises(InvalidInput, match="https"):
        download(url, target)


@pytest.mark.parametrize("url", ["https://[::1/net?token=1", "http://127.0.0.1:99999/net", "http://127.0.0.1:ab/net"])
def test_what_is_no_address_is_said(url, target):
    with pytest.raises(InvalidInput, match="is no address") as caught:
        download(url, target)
    assert "token" not in str(caught.value)


def test_addresses_are_shown_without_their_secrets():
    assert web.shown("https://me:pass@host:8443/a/b?token=1#x") == "https://host:8443/a/b"


def test_redirects_are_followed_with_the_range(server, target):
    server.ways = [server.sends_to("/elsewhere"), "cut", server.sends_to("/elsewhere"), "whole"]
    download(server.url, target, sha256=SHA256, pauses_s=SOON)
    assert [path for path, _ in server.seen[1::2]] == ["/elsewhere"] * 2
    assert server.ranges == [None, None, f"bytes={CUT}-", f"bytes={CUT}-"]


def test_redirects_in_a_circle_end(server, target):
    server.ways = [lambda request: server.sends_to(f"/{len(server.seen)}")(request)]
    with pytest.raises(DownloadError):
        download(server.url, target, pauses_s=SOON)
    assert len(server.seen) <= web.N_REDIRECTS + 1


@pytest.mark.parametrize("url", [
    "http://portal.example/login", "file:///etc/passwd", "ftp://example.org/x", "http://[::1", "http://127.0.0.1:ab/",
])  # fmt: skip
def test_redirects_to_unsafe_addresses_are_not_followed(server, target, url):
    server.ways = [server.sends_to(url)]
    with pytest.raises(DownloadError):
        download(server.url, target, pauses_s=())
    assert left_in(target.parent) == []


def test_an_address_of_the_world_does_not_lead_to_this_machine():
    opener = web._opener(local=False)
    redirects = next(handler for handler in opener.handlers if hasattr(handler, "redirect_request"))
    request = type("Request", (), {"full_url": "https://example.org/net"})
    for url in ("http://127.0.0.1/x", "https://localhost/x", "http://[::1]/x"):
        with pytest.raises(LoginPage, match="not safe"):
            redirects.redirect_request(request, None, 302, "Found", {}, url)


def test_chunked_answers_are_whole_or_tried_again(server, target):
    server.ways = ["chunked_and_cut", "chunked"]
    download(server.url, target, pauses_s=SOON)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("way", ["chunked_and_cut_at_once", "chunked_with_a_size_that_is_none"])
def test_T38_chunked_answers_without_any_chunk_are_no_file(server, target, way):
    server.ways = [way, "chunked"]
    download(server.url, target, pauses_s=SOON)
    assert target.read_bytes() == CONTENT
    server.ways = [way]
    with pytest.raises(DownloadError, match="nothing came"):
        download(server.url, target.with_name("other.tar.gz"), pauses_s=())
    assert not target.with_name("other.tar.gz").exists()


def test_a_length_that_nobody_knows_cannot_be_checked(server, target):
    server.ways = ["without_length"]
    with pytest.raises(DownloadError, match="how long"):
        download(server.url, target, pauses_s=SOON)
    assert not target.exists()
    download(server.url, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_an_interrupted_download_keeps_what_came(server, target):
    task = progress.Progress()

    class Stopper(progress.Silent):
        def update(self, _):
            task.cancel()

    task.reporter = Stopper()
    server.ways = ["cut"]
    with progress.in_force(task), pytest.raises(Cancelled):
        download(server.url, target, pauses_s=(600.0,))
    server.ways = ["whole"]
    download(server.url, target, sha256=SHA256)
    assert server.ranges[-1] is not None


def test_T5_a_full_disk_is_said_before_or_while_it_fills(server, target, monkeypatch):
    with faults.injected("enospc:1000"), pytest.raises(NoSpace):
        download(server.url, target)
    assert left_in(target.parent) == []
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10}))
    with pytest.raises(NoSpace, match="300,000 more bytes; 10 are free"):
        download(server.url, target)
    assert left_in(target.parent) == []


def test_T6_a_failing_disk_is_reported(server, target):
    for step in ("write:1", "fsync:1", "replace:1"):
        with faults.injected(step), pytest.raises(StorageError):
            download(server.url, target)
        assert not target.exists()


def test_T10_two_runs_that_want_the_same_file_fetch_it_once(server, target):
    results = []
    runs = [
        threading.Thread(target=lambda: results.append(download(server.url, target, sha256=SHA256))) for _ in range(4)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert results == [target] * 4 and len(server.seen) == 1


def test_what_is_there_without_its_facts_is_not_trusted(server, target):
    server.ways = ["cut", "silent"]
    with pytest.raises(DownloadError):
        download(server.url, target, pauses_s=())
    (facts,) = target.parent.glob("*.facts")
    facts.write_text("{}")
    server.ways = ["whole"]
    download(server.url, target, sha256=SHA256)
    assert server.ranges[-1] is None


def test_folders_are_named(server, tmp_path):
    with pytest.raises(InvalidInput, match="is a folder"):
        download(server.url, tmp_path)
    with pytest.raises(StorageError, match="no folder"):
        download(server.url, tmp_path / "nowhere" / "x")


def test_T26_the_import_touches_no_network_and_no_heavy_library():
    program = (
        "import socket; socket.socket.connect = None; socket.getaddrinfo = None\n"
        "import deeplabcut.io.download, deeplabcut.io.archives, sys\n"
        "print(*{'numpy', 'pandas', 'torch', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert Path(module.__file__).is_file()
