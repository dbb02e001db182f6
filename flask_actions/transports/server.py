"""A call from Python."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from ..action import Action
from ..context import ActionContext
from ..errors import ActionError
from ..forms import Decoded, decode
from ..result import SafeResult
from .base import Call, check_sendable


class ServerCall(Call):
    """A call with its input at hand."""

    def __init__(self, action: Action[Any] | None, ctx: ActionContext, given: Any) -> None:
        super().__init__(action, ctx)
        self.given = given


class AsyncServerCall(ServerCall):
    """A call from async code: what waits is awaited where it is."""

    async def settle(self, waiting: Awaitable[Any]) -> Any:
        return await waiting


class ServerTransport:
    """Python values in, a SafeResult out."""

    passes_responses = False

    def target(self, call: Call) -> Action[Any]:
        if call.action is None:
            raise ActionError("NOT_FOUND", f"There is no action {call.ctx.name!r}.")
        return call.action

    def decode(self, call: Any, action: Action[Any]) -> Any:
        given = call.given
        if isinstance(given, MultiDict) and action.input.shape is not None:
            return _decode_fields(given, action)
        # Told apart from the JSON text of a request, which is bytes too.
        return Decoded(given, _as_it_is) if isinstance(given, bytes) else given

    def encode(self, call: Call, result: SafeResult[Any]) -> SafeResult[Any]:
        if result.error is None and call.action is not None:
            check_sendable(result, call.action)
        return result


def _decode_fields(given: MultiDict[str, Any], action: Action[Any]) -> Any:
    assert action.input.shape is not None
    fields: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, FileStorage] = MultiDict()
    for name, value in given.items(multi=True):
        if isinstance(value, FileStorage):
            files.add(name, value)
        else:
            fields.add(name, value)
    return decode(fields, files, action.input.shape)


def _as_it_is(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return path
