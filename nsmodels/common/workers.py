"""Where independent tasks run: here, in processes of this machine, on a Dask cluster, or on anything with `submit`.

Every engine takes ``submit(function, *arguments)`` and gives a future, as executors of :mod:`concurrent.futures` do.
Tasks are handed out in their order, a few more than there are workers, and results come as they end (`completed`).
A process that is killed costs nothing but the time of its task, which another one does again.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from ..errors import InputError, MissingExtraError, NsmodelsError
from .arguments import kind_of
from .interrupts import released

__all__ = ["Engine", "Processes", "Submits", "WorkerLostError", "completed", "engine", "serve"]

ATTEMPTS = 3
"""Processes that may die of one task before it is given up."""
MOST_WORKERS = 1000
SPARE = 2
"""Tasks handed out per worker: the one it does and those that wait for it."""
UNKNOWN = 16
"""Workers of an executor that does not say how many it has."""
TICK_S = 0.25
ASK_S = 1.0
"""Seconds between two questions to a cluster how many workers it has: they come and go."""
CONNECT_S = 20
_LENGTH = struct.Struct("<Q")
_SERVE = "from nsmodels.common.workers import serve; serve()"


class WorkerLostError(NsmodelsError):
    """The processes that did a task were killed, again and again."""


class Submits(Protocol):
    """What has ``submit``: executors of `concurrent.futures`, a Dask client, and others like them."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Start a call and return its future, with ``result()`` and ``add_done_callback``."""


@dataclass(frozen=True)
class Engine:
    """Where tasks run; `submits` is None for here and now.

    Parameters
    ----------
    submits : Submits, optional
    capacity : callable
        How many tasks may be under way now.
    local : bool
        Whether tasks surely have the files of this process.
    """

    submits: Submits | None
    capacity: Callable[[], int]
    local: bool = False

    @property
    def workers(self) -> int:
        """About how many tasks are done at the same time."""
        return 1 if self.submits is None else max(1, self.capacity() // SPARE)


@contextlib.contextmanager
def engine(workers: int | Submits = 1, scheduler: str | None = None) -> Iterator[Engine]:
    """The engine for a number of processes, an executor, or the address of a Dask scheduler; what it starts, it ends.

    Raises
    ------
    InputError
        For a number out of range, something without ``submit``, or a scheduler that does not answer.
    MissingExtraError
        If Dask is wanted and not installed.
    """
    if scheduler is not None:
        if workers != 1:
            raise InputError("workers and scheduler are both given; give one of them")
        with _dask_client(scheduler) as client:
            yield Engine(client, _capacity_of(client))
        return
    if not isinstance(workers, int) and callable(getattr(workers, "submit", None)):
        yield Engine(workers, _capacity_of(workers))
        return
    if isinstance(workers, bool) or not isinstance(workers, int):
        raise InputError(
            f"workers is {kind_of(workers)}; give a number of processes, or what has submit, such as an executor"
        )
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"workers is {workers}; give a whole number from 1 to {MOST_WORKERS}")
    if workers == 1:
        yield Engine(None, lambda: 1, local=True)
        return
    pool = Processes(workers)
    try:
        yield Engine(pool, lambda: SPARE * workers, local=True)
    finally:
        pool.close()


def _capacity_of(executor: Any) -> Callable[[], int]:
    """So many tasks may be under way: for Dask as many as its workers have threads, and again as many."""
    asked, known = -math.inf, UNKNOWN

    def capacity() -> int:
        nonlocal asked, known
        number = getattr(executor, "_max_workers", None)
        if number is None and callable(getattr(executor, "ncores", None)) and time.monotonic() > asked + ASK_S:
            asked = time.monotonic()
            with contextlib.suppress(Exception):  # the scheduler may be gone; then nothing more gets done there
                number = sum(executor.ncores().values())
        known = number if isinstance(number, int) and number > 0 else known
        return SPARE * known

    return capacity


@contextlib.contextmanager
def _dask_client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(
            'a Dask cluster needs dask.distributed; install it with: pip install "nsmodels[dask]"'
        ) from None
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"the scheduler {scheduler} cannot be reached ({reason[:200]}); give the address that `dask scheduler` "
            "prints, such as tcp://127.0.0.1:8786"
        ) from None
    try:
        yield client
    finally:
        client.close()


def completed(
    where: Engine,
    function: Callable[..., Any],
    tasks: Iterable[tuple[Any, tuple[Any, ...]]],
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Any, Any]]:
    """Do all tasks, given as (key, arguments), and yield (key, result or exception) in the order in which they end.

    `tick` is called now and then while nothing ends. Ctrl-C gets through only while this waits; then, and when the
    caller stops, tasks that are under way are given up.
    """
    waiting = iter(tasks)
    if where.submits is None:
        for key, arguments in waiting:
            yield key, _outcome(partial(function, *arguments))
        return
    ended: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
    pending: dict[Any, Any] = {}
    try:
        more = True
        while more or pending:
            while more and len(pending) < where.capacity():
                task = next(waiting, None)
                if task is None:
                    more = False
                    break
                key, arguments = task
                pending[key] = future = where.submits.submit(function, *arguments)
                future.add_done_callback(partial(_put, ended, key))
            if not pending:
                continue
            try:
                with released():
                    key, future = ended.get(timeout=TICK_S)
            except queue.Empty:
                tick()
                continue
            del pending[key]
            yield key, _outcome(future.result)
    finally:
        for future in pending.values():
            with contextlib.suppress(Exception):
                future.cancel()


def _put(ended: queue.SimpleQueue[tuple[Any, Any]], key: Any, future: Any) -> None:
    ended.put((key, future))


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # cancelled futures raise what is no Exception
        if isinstance(error, SystemExit | GeneratorExit):
            raise
        return error


# -- processes --------------------------------------------------------------------------------------------------------


@dataclass
class _Task:
    future: Future[Any]
    message: bytes
    attempts: int = 0


class Processes:
    """So many Python processes that do tasks one by one; one that dies is replaced, and its task is done again.

    Functions and arguments are pickled; functions must be importable. A script that uses this needs no
    ``if __name__ == "__main__"``, since processes do not import it.
    """

    def __init__(self, count: int) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._max_workers = count
        self._threads = [threading.Thread(target=self._attend, args=(k,), daemon=True) for k in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Start a call and return its future."""
        future: Future[Any] = Future()
        self._tasks.put(_Task(future, pickle.dumps((function, arguments))))
        return future

    def pids(self) -> list[int]:
        """The processes that are there now."""
        with self._lock:
            return [child.pid for child in self._children.values()]

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        with self._lock:
            self._closed = True
            for child in self._children.values():
                child.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _attend(self, number: int) -> None:
        """Give one process task after task."""
        child: subprocess.Popen[bytes] | None = None
        try:
            while (task := self._tasks.get()) is not None:
                if task.attempts == 0 and not task.future.set_running_or_notify_cancel():
                    continue
                reply = None
                try:
                    if child is None:
                        child = self._start(number)
                    if child is not None:
                        reply = _exchange(child, task.message)
                except OSError as error:
                    reply = pickle.dumps((False, WorkerLostError(f"no process can be started ({error})")))
                if reply is not None:
                    _settle(task.future, reply)
                    continue
                self._end(number, child)
                child = None
                task.attempts += 1
                if self._closed or task.attempts == ATTEMPTS:
                    lost = WorkerLostError(f"{task.attempts} processes were killed over it; perhaps memory is short")
                    task.future.set_exception(lost)
                else:
                    self._tasks.put(task)
        finally:
            self._end(number, child)

    def _start(self, number: int) -> subprocess.Popen[bytes] | None:
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        shown = None if os.environ.get("NSMODELS_TRACEBACK") else subprocess.DEVNULL
        with self._lock:
            if self._closed:
                return None
            child = subprocess.Popen(
                [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=shown,
                env={**single, **os.environ, "PYTHONPATH": paths},
            )  # fmt: skip
            self._children[number] = child
        return child

    def _end(self, number: int, child: subprocess.Popen[bytes] | None) -> None:
        with self._lock:
            self._children.pop(number, None)
        if child is not None:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()


def _exchange(child: subprocess.Popen[bytes], message: bytes) -> bytes | None:
    """Send a task and wait for the reply; None if the process dies."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(_LENGTH.pack(len(message)) + message)
        child.stdin.flush()
        return _message(child.stdout)
    except (OSError, ValueError):
        return None


def _message(stream: Any) -> bytes | None:
    """The next message of a stream; None at its end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(head)[0]
    content: bytes = stream.read(size)
    return content if len(content) == size else None


def _settle(future: Future[Any], reply: bytes) -> None:
    try:
        fine, value = pickle.loads(reply)
    except Exception as error:  # an exception that cannot be made again from its text
        fine, value = False, RuntimeError(f"{type(error).__name__}: {error}")
    if fine:
        future.set_result(value)
    else:
        future.set_exception(value)


def serve() -> None:
    """Do the tasks that arrive on standard input until it ends: what a process of `Processes` is there for."""
    gc.set_threshold(100_000, 20, 20)  # what is imported and compiled stays: a tenth of the time goes to looking at it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints shall not get between the replies
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    source = sys.stdin.buffer

    def listen() -> None:
        while (message := _message(source)) is not None:
            arrived.put(message)
        os._exit(0)  # the parent is gone, perhaps killed: nobody wants an answer any more

    threading.Thread(target=listen, daemon=True).start()
    while True:
        reply = _reply(arrived.get())
        out.write(_LENGTH.pack(len(reply)) + reply)
        out.flush()


def _reply(message: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(message)
        return pickle.dumps((True, function(*arguments)))
    except BaseException as error:
        try:
            reply = pickle.dumps((False, error))
            pickle.loads(reply)
        except Exception:
            return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
        return reply
