"""The command ``nsmodels``, which is also ``python -m nsmodels``.

Ctrl-C ends it without a word while it is being loaded, and no longer matters once its answer is out.
Garbage is collected less often than is usual in Python: what is imported stays, and to look it through again and again
takes a tenth of the time that the command needs to start.
"""

from __future__ import annotations

import gc
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000, 20, 20)
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # and is not ignored, as for a job of nohup
    if raises:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import main as command

    if raises:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if raises:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
