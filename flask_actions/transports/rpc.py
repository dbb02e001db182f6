"""JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app
from werkzeug.wrappers import Response

from ..action import Action
from ..models import unserialisable
from ..result import SafeResult
from .web import WebCall, WebTransport, headers_of, response_of


class RpcTransport(WebTransport):
    """A JSON body or a form in; ``{"success", "data", "error"}`` out."""

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        kind = call.admit_body(action, ("json", "form"))
        if kind == "form":
            return call.decode_form(action)
        # An empty body of type JSON is no input, as in Astro.
        return call.json() or None

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        own = response_of(result)
        if own is not None:
            return own
        if result.error is not None:
            text = json.dumps(result.to_dict(), separators=(",", ":"), ensure_ascii=False)
            return _answer(text.encode(), result.error.status, headers_of(result.error))
        action = call.action
        assert action is not None
        try:
            data = b"null" if result.data is None else action.output.to_json(result.data)
        except ValueError as error:
            raise unserialisable(call.ctx.name, action.output, error) from None
        if result.location is None:
            return _answer(b'{"success":true,"data":%b,"error":null}' % data, 200, {})
        where = json.dumps(result.location).encode()
        body = b'{"success":true,"data":%b,"error":null,"redirect":%b}' % (data, where)
        return _answer(body, 200, {"Action-Redirect": result.location})


def _answer(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return current_app.response_class(
        body, status=status, headers=headers, mimetype="application/json"
    )
