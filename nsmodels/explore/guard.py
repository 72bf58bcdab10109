"""Who is let in: the page at its own address, and nobody else.

A server on this machine can be reached by every page that is open in the browser and by every user of the machine. So
the address holds a random token; the host must be the one that was printed, which stops other names that lead here;
what asks must come from the page itself; and the page may load nothing from outside and be framed by nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = ["HEADERS", "Guard"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                               "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}  # fmt: skip


class Guard:
    """A wall around an ASGI application.

    Parameters
    ----------
    inner : application
        Sees paths without the token.
    token : str
    port : int
        Of 127.0.0.1, where the server listens.
    """

    def __init__(self, inner: Application, token: str, port: int) -> None:
        self._inner, self._token = inner, token.encode()
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return
        problem = self._problem(scope)
        if problem is not None:
            await _refuse(send, *problem)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        rest = scope["path"].removeprefix("/").partition("/")[2]
        path = f"/{rest}"
        await self._inner({**scope, "path": path, "raw_path": path.encode(), "root_path": ""}, receive, with_headers)

    def _problem(self, scope: Message) -> tuple[int, str] | None:
        """Why a request is refused."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        host = headers.get(b"host", [])
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return 403, "another host"
        given, slash, _ = scope["path"].removeprefix("/").partition("/")
        if not slash or not hmac.compare_digest(given.encode(errors="replace"), self._token):
            return 404, "not found; use the address that the command has printed"
        origins = headers.get(b"origin", [])
        if any(origin.lower() != b"http://" + host[0].lower() for origin in origins):
            return 403, "another origin"
        if any(site not in (b"same-origin", b"none") for site in headers.get(b"sec-fetch-site", [])):
            return 403, "another origin"
        if scope["method"] not in ("GET", "HEAD") and len(origins) != 1:
            return 403, "no origin"
        return None


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    headers = {**HEADERS, "content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
