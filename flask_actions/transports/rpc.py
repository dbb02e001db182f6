"""JSON in, JSON or devalue's text out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from ..action import Action
from ..errors import error_json
from ..models import unserialisable
from ..packing import json_of
from ..result import SafeResult
from .responses import JSON, no_content, respond
from .web import DEVALUE, WebCall, WebTransport, headers_of, response_of, wanted


class RpcTransport(WebTransport):
    """A JSON body or a form in; ``{"success", "data", "error"}`` out, or Astro's wire."""

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        kind = call.admit_body(action, ("json", "form"))
        if kind == "form":
            return call.decode_form(action)
        return call.decode_json(action)

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        own = response_of(result)
        if own is not None:
            return own
        if call.settings.wire == "astro" or _wants_devalue(call.request.environ):
            return _as_astro(call, result)
        if result.error is not None:
            body = b'{"success":false,"data":null,"error":%b}' % error_json(result.error)
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


def _wants_devalue(environ: Mapping[str, Any]) -> bool:
    if "+" not in environ.get("HTTP_ACCEPT", ""):  # as most do not have it
        return False
    _, json, devalue = wanted(environ)
    return devalue > 0 and devalue >= json


def _as_astro(call: WebCall, result: SafeResult[Any]) -> Response:
    """The answer as Astro's own client reads it."""
    from ..astro import error_to_dict, write  # brings devalue, which few applications need

    if result.error is not None:
        body = json_of(error_to_dict(result.error), "null").encode()
        return respond(call.app, body, result.error.status, JSON, headers_of(result.error))
    headers = {} if result.location is None else {"Action-Redirect": result.location}
    if result.data is None:
        return no_content(call.app, headers)
    action = call.action
    assert action is not None
    try:
        body = write(result.data, action.output)
    except ValueError as error:
        raise unserialisable(call.ctx.name, action.output, error) from None
    return respond(call.app, body, 200, DEVALUE, headers)
