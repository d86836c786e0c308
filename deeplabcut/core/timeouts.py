"""Work that may hang or crash, done in a child process that is always cleared away."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from deeplabcut.core import progress
from deeplabcut.core.errors import DeepLabCutError, InvalidInput

R = TypeVar("R")

_LOOK_UP_S = 0.5  # while the child works, how often to ask whether to stop


class TookTooLong(DeepLabCutError, TimeoutError):
    """Work that was ended because its time was over."""

    code = "DLC091"


class ChildDied(DeepLabCutError, RuntimeError):
    """A child process that ended without an answer."""

    code = "DLC092"


def call_with_timeout(func: Callable[..., R], timeout: float | None, *args: Any, **kwargs: Any) -> R:
    """What ``func(*args, **kwargs)`` returns in a child process, if it does so within ``timeout`` seconds.

    Exceptions of the function are raised here. Whatever happens, the child and what it started are gone afterwards.

    Parameters
    ----------
    func : callable
        Where children are not copies of their parent (Windows, macOS), one that can be imported: no lambda.
    timeout : float or None
        In seconds; `TookTooLong`, a TimeoutError, is raised once they are over. None waits for ever.
    """
    return call_in_child(func, timeout, args, kwargs)


def call_in_child(
    func: Callable[..., R],
    timeout_s: float | None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    start_method: str | None = None,
) -> R:
    """`call_with_timeout`, with the way in which the child starts (``fork``, ``spawn``, ``forkserver``)."""
    if timeout_s is not None and not timeout_s > 0:
        raise InvalidInput(f"A time limit must be more than 0 seconds, not {timeout_s!r}.")
    context: Any = multiprocessing.get_context(start_method)
    name = getattr(func, "__qualname__", repr(func))
    answers, mouth = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(mouth, func, tuple(args), dict(kwargs or {})))
    try:
        _start(process, name)
        mouth.close()
        content = _answer(process, answers, timeout_s, name)
    finally:
        exit_code = _cleared_away(process)
        mouth.close()
        answers.close()
    if content is None:
        raise ChildDied(f"The child process of {name} ended without an answer ({_manner(exit_code)}).")
    is_result, value, trace = pickle.loads(content)  # noqa: S301 - from our own child
    if is_result:
        result: R = value
        return result
    raise value from _ChildTrace(trace)


class _ChildTrace(Exception):
    """Where the exception was raised in the child."""


def _start(process: BaseProcess, name: str) -> None:
    try:
        process.start()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InvalidInput(
            f"{name} or its arguments cannot be handed to a child process ({error}).",
            fix="use a function of a module, and arguments that can be pickled",
        ) from error


def _answer(process: BaseProcess, answers: Connection, timeout_s: float | None, name: str) -> bytes | None:
    """The bytes that the child sends, None if it dies; raises if it takes too long or the work is told to stop."""
    give_up_s = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        left_s = _LOOK_UP_S if give_up_s is None else min(_LOOK_UP_S, give_up_s - time.monotonic())
        if wait([answers, process.sentinel], max(0.0, left_s)) or not process.is_alive():
            try:
                return answers.recv_bytes() if answers.poll() else None
            except EOFError:
                return None
        progress.current().check()
        if give_up_s is not None and time.monotonic() >= give_up_s:
            raise TookTooLong(f"{name} took longer than {timeout_s:g} s and was ended.", fix="raise the time limit")


def _serve(mouth: Connection, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """The child's whole life."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):  # a group of its own: what the function starts can be ended with it
            os.setsid()
    try:
        content = _packed(True, func(*args, **kwargs), "")
    except Exception as error:
        content = _packed(False, error, traceback.format_exc())
    for stream in (sys.stdout, sys.stderr):  # the parent ends this process as soon as it has the answer
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    mouth.send_bytes(content)
    mouth.close()


def _packed(is_result: bool, value: Any, trace: str) -> bytes:
    """The answer as bytes; a value or an exception that does not survive the way is told in words."""
    try:
        content = pickle.dumps((is_result, value, trace), pickle.HIGHEST_PROTOCOL)
        if not is_result:
            pickle.loads(content)  # noqa: S301 - exceptions with own arguments often pickle and do not unpickle
        return content
    except Exception as error:
        if is_result:
            told: Exception = TypeError(f"The result cannot be handed back by a child process ({error}).")
        else:
            told = RuntimeError(f"{type(value).__name__}: {value}")
        return pickle.dumps((False, told, trace), pickle.HIGHEST_PROTOCOL)


def _cleared_away(process: BaseProcess) -> int | None:
    """The exit code of the process, which is gone with all that it started."""
    if process.pid is None:
        return None
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # no group yet, or everybody gone
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    exit_code = process.exitcode
    process.close()
    return exit_code


def _manner(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
