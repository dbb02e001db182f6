"""Which requests are for an action, and by which door: headers in, a call on its way out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, Any

from flask.wrappers import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from .config import Settings
from .context import Door
from .messages import say
from .transports.web import FORM_TYPES, has_body, wanted


def door_of(
    request: Request, mimetype: str, length: int | None, settings: Settings, by_page: bool
) -> Door:
    """Which door a request came in by, by positive evidence.

    :param mimetype: what its body is; empty if nobody says so.
    :param length: bytes that its body has; None if nobody says how many.
    :param by_page: whether it was made at a page's own URL, by ``?_action=``.
    """
    headers = request.environ  # read straight: every call comes by here
    if headers.get("HTTP_HX_REQUEST") == "true":
        whole_page = (
            headers.get("HTTP_HX_BOOSTED") == "true"
            or headers.get("HTTP_HX_REQUEST_TYPE") == "full"
            or headers.get("HTTP_HX_HISTORY_RESTORE_REQUEST") == "true"
        )
        return "form" if whole_page else "htmx"
    if mimetype not in FORM_TYPES and (mimetype or has_body(length, headers)):
        return "rpc"
    html, json, devalue = wanted(headers)
    mode = headers.get("HTTP_SEC_FETCH_MODE")
    if settings.wire == "astro" and not by_page and mode != "navigate" and not html:
        return "rpc"
    if json > html or devalue > html or (mode not in (None, "navigate") and not html):
        return "rpc"
    return "form"


def limit_body(request: Request, length: int | None, limit: int) -> None:
    """Put a limit of bytes in force before any hook reads the body."""
    request.form_data_parser_class = _StrictFormParser
    if length is None:
        # Werkzeug stops reading at its limit as if the body ended there: count instead.
        request.environ["wsgi.input"] = _Counted(request.environ["wsgi.input"], limit)
        request.max_content_length = sys.maxsize
    else:
        # With it, which gunicorn and granian set, werkzeug takes a body that was cut short for
        # the whole.
        request.environ.pop("wsgi.input_terminated", None)
        request.max_content_length = limit


class _StrictFormParser(FormDataParser):
    """Werkzeug's parser, without its silence about a broken multipart body."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "silent": False})
        self._make, self.stream_factory = self.stream_factory, self._remember
        self._files: list[IO[bytes]] = []

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            stream, form, files = super().parse(*args, **kwargs)
            if None in form or None in files:  # whatever werkzeug's types say
                raise ValueError("a part has no name")
            return stream, form, files
        except Exception as error:
            for file in self._files:  # nobody else will
                file.close()
            if isinstance(error, ValueError):
                raise UnsupportedMediaType(say("broken_form")) from None
            raise

    def _remember(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        file = self._make(*args, **kwargs)
        self._files.append(file)
        return file


class _Counted:
    """A request's body of unknown length, refused once it passes the limit."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else min(size, self._left + 1)
        return self._take(lambda: self._stream.read(wanted))

    def readline(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size is None or size < 0 else min(size, self._left + 1)
        return self._take(lambda: self._stream.readline(wanted))

    def __iter__(self) -> Any:
        return iter(self.readline, b"")

    def _take(self, read: Callable[[], bytes]) -> bytes:
        try:
            data = read()
        except Exception as error:  # each server has its own for chunks that are none
            raise ClientDisconnected("The request's body is broken or cut off.") from error
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge("The request is larger than this action takes.")
        return data
