"""JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json
from werkzeug.wrappers import Response

from ..action import Action
from ..models import unserialisable
from ..result import SafeResult
from .responses import JSON, respond
from .web import WebCall, WebTransport, headers_of, response_of


class RpcTransport(WebTransport):
    """A JSON body or a form in; ``{"success", "data", "error"}`` out."""

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        kind = call.admit_body(action, ("json", "form"))
        if kind == "form":
            return call.decode_form(action)
        return call.decode_json(action)

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        own = response_of(result)
        if own is not None:
            return own
        if result.error is not None:
            body = _json(result.to_dict())
            return respond(call.app, body, result.error.status, JSON, headers_of(result.error))
        action = call.action
        assert action is not None
        try:
            data = b"null" if result.data is None else action.output.to_json(result.data)
        except ValueError as error:
            raise unserialisable(call.ctx.name, action.output, error) from None
        if result.location is None:
            body = b'{"success":true,"data":%b,"error":null}' % data
            return respond(call.app, body, 200, JSON, {})
        where = json.dumps(result.location).encode()
        body = b'{"success":true,"data":%b,"error":null,"redirect":%b}' % (data, where)
        return respond(call.app, body, 200, JSON, {"Action-Redirect": result.location})


def _json(plain: dict[str, Any]) -> bytes:
    try:
        return to_json(plain)
    except PydanticSerializationError:  # half a surrogate pair, which is no UTF-8
        return json.dumps(plain).encode()
