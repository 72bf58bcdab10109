"""The command ``nsmodels``, which is also ``python -m nsmodels``.

Ctrl-C ends it without a word while it is being loaded, and no longer matters once its answer is out.
"""

from __future__ import annotations

import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
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
