"""What the command line writes, and how it fails: one line on standard error and the exit code of the contract."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import typer

from ..common.digits import printable
from ..errors import InputError, MissingExtraError, NsmodelsError

__all__ = ["OutputError", "give_up_output", "one_line_errors", "put", "say", "shown"]


LONGEST = 400
"""Characters of a name or a message that are shown."""


class OutputError(Exception):
    """Standard output cannot be written."""


def shown(text: object) -> str:
    """A name or a message as it may stand on a terminal."""
    return printable(text, LONGEST)


def put(text: str) -> None:
    """Write to standard output, now.

    Raises
    ------
    OutputError
        If that fails for another reason than a closed pipe; nothing more is written there.
    """
    try:
        if sys.stdout is None:
            raise OSError(9, "it is closed")
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up_output()
        raise OutputError(f"standard output: cannot be written ({error.strerror or error})") from None


def give_up_output() -> None:
    """Let what is still in the buffer of standard output go nowhere, silently."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write to standard error, where there is one: what cannot be said changes no exit code."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(text)
        sys.stderr.flush()


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn every failure into one line on stderr and the exit code of the contract.

    Set NSMODELS_TRACEBACK to see where an unexpected error came from.
    """
    try:
        yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except OutputError as error:
        _fail(1, str(error))
    except KeyboardInterrupt:
        _fail(1, "interrupted")
    except (InputError, MissingExtraError) as error:
        _fail(2, str(error))
    except NsmodelsError as error:
        _fail(3, str(error))
    except Exception as error:
        if os.environ.get("NSMODELS_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        _fail(3, f"internal error ({what}); nothing is concluded. Please report it (NSMODELS_TRACEBACK=1 shows more)")


def _fail(code: int, message: str) -> None:
    say(" ".join(message.splitlines()) + "\n")
    raise typer.Exit(code)
