"""Asking a server for a file: which addresses are allowed, where redirects may lead, and what failures mean."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from deeplabcut.core.errors import DeepLabCutError, InvalidInput
from deeplabcut.core.text import printable

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

SILENCE_S = 30.0  # the longest that a server may say nothing
N_REDIRECTS = 5
LOGIN = "if this network asks for a login, open any web page in a browser first; then run the same command again"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_WAY = frozenset({errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


class DownloadError(DeepLabCutError, ConnectionError):
    """A file that could not be fetched."""

    code = "DLC120"


class Offline(DownloadError):
    """There is no way to the server at all."""

    code = "DLC121"


class Refused(DownloadError):
    """The server answers, and the answer is no; ``status`` says why."""

    code = "DLC122"
    status = 0
    total: int | None = None  # how long the server's file is, if it says so


class LoginPage(DownloadError):
    """A network answered in place of the server, as those do that ask for a login."""

    code = "DLC123"


class PassingFailure(Exception):
    """Something that may work at the next try, after ``pause_s`` if the server gave a time."""

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


def check_address(url: str) -> None:
    """Raise unless ``url`` is https, or http of this very machine."""
    if not is_address(url):
        raise InvalidInput(f"{printable(url.partition('?')[0])!r} is no address.", fix="correct it")
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return
    raise InvalidInput(
        f"Files are fetched from https addresses only, not from {shown(url)!r}.", fix="write https:// if it offers that"
    )


def is_address(url: str) -> bool:
    """Whether ``url`` can be taken apart, and its port is one."""
    try:
        parts = urlsplit(url)
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether ``host`` is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """The address as messages show it: without what may be secret (the query, a user and password)."""
    parts = urlsplit(url)
    place = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return printable(urlunsplit((parts.scheme, place, parts.path, "", "")))


@contextmanager
def asked(url: str, headers: Mapping[str, str]) -> Iterator[HTTPResponse]:
    """The server's answer (200 or 206) to a request; raises `PassingFailure` or a `DownloadError`."""
    from urllib.error import HTTPError
    from urllib.request import Request

    check_address(url)
    host = urlsplit(url).hostname
    request = Request(url, headers={"User-Agent": "deeplabcut", "Accept-Encoding": "identity", **headers})  # noqa: S310 - checked
    try:
        answer = _opener(local=is_loopback(host)).open(request, timeout=SILENCE_S)
    except HTTPError as error:
        with error:
            raise _meaning_of(error.code, str(error.reason), error.headers, url) from error
    except DownloadError:
        raise
    except (OSError, HTTPException) as error:
        raise _trouble(getattr(error, "reason", None) or error, url) from error
    with answer:
        yield answer


def _opener(*, local: bool) -> OpenerDirector:
    """Speaks http and https and nothing else (no file:, no ftp:), and asks no proxy for what is on this machine."""
    from urllib import request

    class Redirects(request.HTTPRedirectHandler):
        max_redirections = N_REDIRECTS

        def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
            to = str(headers["location"] or headers["uri"] or "")
            if not is_address(to):
                raise DownloadError(
                    f"{urlsplit(req.full_url).hostname} sends on to {printable(to.partition('?')[0])!r}, "
                    "which is no address.",
                    where=shown(req.full_url), fix="try again later",
                )  # fmt: skip
            return super().http_error_302(req, fp, code, msg, headers)

        http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

        def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
            target = urlsplit(newurl)
            here = is_loopback(target.hostname)
            if (target.scheme != "https" and not (here and local)) or (here and not local):
                raise LoginPage(
                    f"{urlsplit(req.full_url).hostname} sends on to {shown(newurl)}, which is not safe to follow.",
                    where=shown(req.full_url), fix=LOGIN,
                )  # fmt: skip
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler({} if local else None),
        request.UnknownHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        Redirects(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _meaning_of(status: int, reason: str, headers: Any, url: str) -> Exception:
    host = urlsplit(url).hostname
    if status in _PASSING:
        after = str(headers["Retry-After"] or "").strip()
        return PassingFailure(f"{host} answers {status} {reason}", float(after) if after.isdecimal() else None)
    if status == 511:
        return LoginPage(f"The network asks for a login before {host} can be reached.", where=shown(url), fix=LOGIN)
    what = "has no such file" if status in (404, 410) else "does not give the file"
    refusal = Refused(
        f"{host} {what} ({status} {printable(reason)}).", where=shown(url),
        fix="check the address; an update of deeplabcut may know a new one",
    )  # fmt: skip
    refusal.status = status
    total = str(headers["Content-Range"] or "").rpartition("/")[2]
    refusal.total = int(total) if total.isdecimal() else None
    return refusal


def _trouble(reason: object, url: str) -> Exception:
    import ssl

    host = urlsplit(url).hostname
    if isinstance(reason, ssl.SSLCertVerificationError):
        return DownloadError(
            f"The certificate of {host} is not valid ({getattr(reason, 'verify_message', reason)}).", where=shown(url),
            fix=f"check the clock of this machine; {LOGIN}",
        )  # fmt: skip
    if isinstance(reason, socket.gaierror) or (isinstance(reason, OSError) and reason.errno in _NO_WAY):
        return Offline(f"{host} cannot be reached ({printable(str(reason))}).", where=shown(url))
    return PassingFailure(f"{host} does not answer ({printable(str(reason)) or type(reason).__name__})")
