"""The server of the page: 127.0.0.1 only, a random token in the address, one question at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MissingExtraError
from ..files.problem import Problem, load
from .asked import Watch, asks, first
from .folder import Folder
from .guard import Guard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["application", "serve"]

PAGE = Path(__file__).parent / "page"
FILES = {"": ("index.html", "text/html"), "explore.css": ("explore.css", "text/css"),
         "explore.js": ("explore.js", "text/javascript"), "globe.js": ("globe.js", "text/javascript")}  # fmt: skip
Ask = Callable[[Mapping[str, Any], Watch], dict[str, Any]]
MOST_BYTES = 1_000_000
"""Bytes of a question."""


def _library() -> Any:
    """The module uvicorn, where starlette is there too."""
    try:
        import_module("starlette.applications")
        uvicorn = import_module("uvicorn")
    except ImportError:
        raise MissingExtraError(
            'explore: the page needs starlette and uvicorn; add them with: pip install "nsmodels[explore]"'
        ) from None
    return uvicorn


class _Stopped(Exception):
    """The server ends, and nobody waits for an answer any more."""


def application(
    problem: Problem, folder: Folder, token: str, port: int, worker: ThreadPoolExecutor, watch: Watch
) -> Guard:
    """The page about a problem, behind its wall."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    start = first(problem)

    def page(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def send(_: Request) -> Response:
            return Response((PAGE / name).read_bytes(), media_type=kind)

        return send

    async def begin(_: Request) -> Response:
        return JSONResponse(start)

    def answering(ask: Ask) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                asked = await _content(request)
                found = await asyncio.get_running_loop().run_in_executor(worker, ask, asked, watch)
            except InputError as error:
                return JSONResponse({"problem": str(error)}, status_code=422)
            return JSONResponse(found)

        return answer

    async def result(request: Request) -> Response:
        name = request.path_params["name"]
        text = folder.result(name)
        if text is None:
            return Response("not found\n", status_code=404, media_type="text/plain")
        told = {"content-disposition": f'attachment; filename="{name}.json"'}
        return Response(text, media_type="application/json", headers=told)

    questions: dict[str, Ask] = {**asks, "save": folder.save, "prove": folder.prove}
    routes = [
        *(Route(f"/{address}", page(name, kind)) for address, (name, kind) in FILES.items()),
        Route("/start", begin),
        *(Route(f"/{name}", answering(ask), methods=["POST"]) for name, ask in questions.items()),
        Route("/results/{name}.json", result),
    ]
    return Guard(Starlette(routes=routes), token, port)


async def _content(request: Request) -> dict[str, Any]:
    """The JSON of a question, as far as it is small.

    Raises
    ------
    InputError
        For anything else.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InputError(f"explore: a question of more than {MOST_BYTES} bytes")
    try:
        asked = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise InputError("explore: a question is JSON; load the page again")
    return asked


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def serve(problem: str, port: int, tell: Callable[[str], None]) -> None:
    """Show the page until Ctrl-C.

    Parameters
    ----------
    problem : str
        A file, or the name of a shipped problem.
    port : int
        0 for any that is free.
    tell : callable
        Is told the address, once the server listens there.

    Raises
    ------
    InputError
        If nothing about the problem can be dragged, or the port is taken.
    MissingExtraError
        Without starlette or uvicorn; the message says how to add them.
    """
    question = load(problem)
    first(question)
    uvicorn = _library()
    place = socket.socket()
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        place.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"--port {port}: cannot be used ({reason}); leave it out to take a free one") from None
    place.listen(64)
    number, token = place.getsockname()[1], secrets.token_urlsafe(24)
    ended = threading.Event()

    def watch(*_: float) -> None:
        if ended.is_set():
            raise _Stopped

    with ThreadPoolExecutor(1) as worker, contextlib.suppress(KeyboardInterrupt):
        app = application(question, Folder(Path.cwd()), token, number, worker, watch)
        tell(f"http://127.0.0.1:{number}/{token}/")
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off",
                                ws="none", http="h11", loop="asyncio", timeout_graceful_shutdown=1)  # fmt: skip
        try:
            uvicorn.Server(config).run(sockets=[place])
        finally:
            ended.set()
