"""What an action answers with: a body and a status in, a response that leaves as it is out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask
from flask import Response as FlaskResponse
from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

#: What may stand in a URL as it is (RFC 3986, 2).
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")

HTML = "text/html; charset=utf-8"
JSON = "application/json"
#: The header by which nobody stores an answer.
UNSTORED = ("Cache-Control", "no-store")


def respond(
    app: Flask, body: bytes, status: int, content_type: str, headers: Mapping[str, str]
) -> Response:
    """An answer of *app*, which nobody stores."""
    own = Headers()  # one by one, which is quicker than all together
    own.add("Content-Type", content_type)
    own.add("Content-Length", str(len(body)))
    own.add(*UNSTORED)
    for name, value in headers.items():
        own.add(name, value)
    kind = app.response_class
    # An application's own class is called as Flask calls it, and may do anything with a body.
    if kind is not FlaskResponse:
        return kind([body], status=status, headers=own)
    return _Answer(body, status, own)


def no_content(app: Flask, headers: Mapping[str, str]) -> Response:
    """An answer without a body, so without its type and its length (RFC 9110, 8.6 and 15.3.5)."""
    response: Response = app.response_class(status=204, headers=headers)
    del response.headers["Content-Type"]
    return response


def see_other(app: Flask, url: str) -> Response:
    """The way to a page: 303, not 302, so that the browser comes back with GET, whatever it sent.

    Source: RFC 9110, section 15.4.4.
    """
    plain = _PLAIN.fullmatch(url)
    way = url if plain else iri_to_uri(url)  # which leaves a host as it is, quotes and all
    href = way.replace("&", "&amp;") if plain else escape(way)
    body = f'<!doctype html>\n<title>See other</title>\n<p><a href="{href}">Go on</a>\n'
    return respond(app, body.encode(), 303, HTML, {"Location": way})


class _Answer(FlaskResponse):
    """A response whose headers are right as they are, unless somebody gives it another body or a
    URL to be quoted.

    Werkzeug looks at each header once more before it sends them, which is a tenth of the cost of
    a small JSON call.
    """

    def __init__(self, body: bytes, status: int, headers: Headers) -> None:
        self._body = [body]
        super().__init__(self._body, status, headers)
        self._as_made: int | None = status

    def call_on_close(self, func: Callable[[], Any]) -> Callable[[], Any]:
        self._as_made = None
        return super().call_on_close(func)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        same = self.response is self._body and self.status_code == self._as_made
        if not same or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        own = self.headers.to_wsgi_list()
        for _, value in own:
            if not value.isascii():  # a Location, which Werkzeug quotes
                return super().__call__(environ, start_response)
        start_response(self.status, own)
        return self._body
