"""A call from Python."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from ..action import Action
from ..bound import check
from ..context import ActionContext
from ..errors import ActionError
from ..forms import Decoded, decode
from ..result import SafeResult
from ..shapes import Shape
from .base import BOUND, INTENT, MARKS, Call, check_sendable


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
        given = take_marks(call, action, call.given) if action.marked else call.given
        shape = (call.chosen or action.input).shape
        if isinstance(given, MultiDict) and shape is not None:
            decoded = _decode_fields(given, shape)
            call.sent = decoded.sent
            return decoded
        # Told apart from the JSON text of a request, which is bytes too.
        return Decoded(given, _as_it_is) if isinstance(given, bytes) else given

    def encode(self, call: Call, result: SafeResult[Any]) -> SafeResult[Any]:
        if result.error is None and call.action is not None:
            check_sendable(result, call.action)
        return result


def take_marks(call: Call, action: Action[Any], given: Any) -> Any:
    """Take which button is meant and what is bound, which trusted code gives as plain values.

    :returns: what was given, without them.
    :raises ActionError: ``BAD_REQUEST``, for a button that there is not, or what does not fit.
    """
    members: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
    call.choose(action, members.get(INTENT))
    if action.bound is not None:
        call.ctx.bound = check(action, members.get(BOUND))
    if not any(name in members for name in MARKS):
        return given
    if isinstance(given, MultiDict):
        rest = [(name, one) for name, one in given.items(multi=True) if name not in MARKS]
        return MultiDict(rest)
    return {name: value for name, value in members.items() if name not in MARKS}


def _decode_fields(given: MultiDict[str, Any], shape: Shape) -> Decoded:
    fields: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, FileStorage] = MultiDict()
    for name, value in given.items(multi=True):
        if isinstance(value, FileStorage):
            files.add(name, value)
        else:
            fields.add(name, value)
    return decode(fields, files, shape)


def _as_it_is(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return path
