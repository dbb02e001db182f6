"""A browser without a network: it calls a WSGI application as a server would, and keeps cookies."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple

HOST = "127.0.0.1:8000"
ORIGIN = f"http://{HOST}"


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next(value for key, value in self.headers if key.lower() == name.lower())


#: What Chromium sends with any request.
_ALWAYS = {
    "HTTP_HOST": HOST,
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_USER_AGENT": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36"
    ),
    "HTTP_SEC_CH_UA": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "HTTP_SEC_CH_UA_MOBILE": "?0",
    "HTTP_SEC_CH_UA_PLATFORM": '"Linux"',
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9",
    "HTTP_SEC_FETCH_SITE": "same-origin",
}
_NAVIGATION = {
    "HTTP_ACCEPT": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
        "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
    ),
    "HTTP_UPGRADE_INSECURE_REQUESTS": "1",
    "HTTP_SEC_FETCH_MODE": "navigate",
    "HTTP_SEC_FETCH_USER": "?1",
    "HTTP_SEC_FETCH_DEST": "document",
}
_SCRIPT = {"HTTP_ACCEPT": "*/*", "HTTP_SEC_FETCH_MODE": "cors", "HTTP_SEC_FETCH_DEST": "empty"}
_SERVER = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
#: Between the parts of a ``FormData``, as Chromium writes it.
BOUNDARY = "----WebKitFormBoundaryW7OcJqk2BvHmNhPd"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
FORM_TYPE = "application/x-www-form-urlencoded"
JSON = "application/json"
DEVALUE = "application/json+devalue"


def navigation(path: str) -> dict[str, Any]:
    """The environ of a page load that another page of the site led to."""
    return {**_SERVER, **_ALWAYS, **_NAVIGATION, "PATH_INFO": path, "HTTP_REFERER": ORIGIN + path}


def _post(path: str, body: bytes, content_type: str, page: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ORIGIN": ORIGIN,
        "HTTP_REFERER": ORIGIN + page,
    }


def form_post(path: str, body: bytes, page: str) -> dict[str, Any]:
    """The environ of a form that the browser itself sends from *page*."""
    cache = {"HTTP_CACHE_CONTROL": "max-age=0"}
    return {**_SERVER, **_ALWAYS, **_NAVIGATION, **cache, **_post(path, body, FORM_TYPE, page)}


def htmx_post(path: str, body: bytes, page: str) -> dict[str, Any]:
    """The environ of the same form, sent by htmx."""
    htmx = {
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": ORIGIN + page,
        "HTTP_ACCEPT": "text/html",
    }
    return {**_SERVER, **_ALWAYS, **_SCRIPT, **htmx, **_post(path, body, FORM_TYPE, page)}


def script_post(
    path: str, body: bytes, content_type: str, accept: str, page: str = "/"
) -> dict[str, Any]:
    """The environ of a call by a script of *page*."""
    own = {"HTTP_ACCEPT": accept, **_post(path, body, content_type, page)}
    return {**_SERVER, **_ALWAYS, **_SCRIPT, **own}


def json_post(path: str, body: bytes, accept: str = JSON) -> dict[str, Any]:
    """The environ of a call by a script, with and for JSON."""
    return script_post(path, body, JSON, accept)


class Browser:
    """One browser at one application: it carries the cookies of its answers."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._cookies: dict[str, str] = {}

    def send(self, environ: dict[str, Any], body: bytes = b"", query: str = "") -> Answer:
        """The answer to a fresh copy of *environ*."""
        environ = environ.copy()
        environ["wsgi.input"] = BytesIO(body)
        environ["QUERY_STRING"] = query
        if self._cookies:
            environ["HTTP_COOKIE"] = "; ".join(map("=".join, self._cookies.items()))
        head: list[Any] = []

        def start_response(status: str, headers: list[Any], exc_info: Any = None) -> None:
            head[:] = status, headers

        chunks: Iterable[bytes] = self._app(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        for name, value in head[1]:
            if name == "Set-Cookie":
                self._keep(value)
        return Answer(head[0], head[1], content)

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if value:
            self._cookies[name] = value
        else:  # how a cookie is deleted: empty, and expired long ago
            self._cookies.pop(name, None)
