"""Files that are replaced in one step: whatever happens in between, the file is the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ..common.arguments import kind_of
from ..errors import InputError

__all__ = ["replace"]


_TEMPORARY = ".nsmodels-"
_LOCKS = os.name == "posix"


def replace(target: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file, or one text after another, so that at any moment it is the old one or the new one.

    Raises
    ------
    InputError
        If the disk is full or the folder went away; the old file is untouched and no temporary file stays behind.
    """
    try:
        check_replaceable(target)
        if isinstance(content, bytes):
            _replace(target, [content])
        else:
            texts = [content] if isinstance(content, str) else content
            # a problem may hold half a surrogate pair
            _replace(target, (text.encode(errors="backslashreplace") for text in texts))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"{printable(target)}: cannot be written ({reason}); the old file, if any, is untouched"
        ) from None
    sweep(target.parent)


def name_of(path: object, what: str, remedy: str) -> str:
    """The name of a file or a folder that somebody gives.

    Raises
    ------
    InputError
        For anything that cannot be one; `what` and `remedy` are for the message.
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
    if not isinstance(name, str) or not name or "\0" in name:
        raise InputError(f"{what} is {kind_of(path)}; {remedy}")
    return name


def check_replaceable(target: Path) -> None:
    """Refuse a folder, a device or a pipe; a link is replaced itself, not what it points to."""
    if target.is_dir():
        raise IsADirectoryError(21, f"{target.name} is a folder")
    if target.exists() and not target.is_file():
        raise OSError(22, f"{target.name} is a device or a pipe, not a file")


def _replace(target: Path, content: Iterable[bytes]) -> None:
    handle, temporary = create(target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in content:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
            if _LOCKS:  # before the lock goes with the open file, or another process may sweep it away
                os.replace(temporary, target)
        if not _LOCKS:  # systems that cannot rename an open file have no locks of this kind, and nothing is swept
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def create(folder: Path) -> tuple[int, Path]:
    """Open a new locked temporary file; the lock tells `sweep` in other processes that it is in use."""
    while True:
        temporary = folder / f"{_TEMPORARY}{secrets.token_hex(8)}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), os.stat(temporary)):
                return handle, temporary
        except FileNotFoundError:  # swept away between open and lock: take another name
            os.close(handle)
        except BaseException:
            os.close(handle)
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def _lock(handle: int, *, wait: bool = True) -> bool:
    """Lock an open file; without locks every file counts as in use."""
    if not _LOCKS:
        return wait
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return wait
    return True


def sweep(folder: Path) -> None:
    """Remove temporary files of processes that were killed: those that nobody holds a lock on."""
    for temporary in folder.glob(f"{_TEMPORARY}*.tmp"):
        with contextlib.suppress(OSError):
            handle = os.open(temporary, os.O_RDONLY)
            try:
                if _lock(handle, wait=False):
                    temporary.unlink()
            finally:
                os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def printable(path: str | Path) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(path))
