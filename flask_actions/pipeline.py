"""The line that every call walks, from whichever door, and the one place where it can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urljoin

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .action import Action, where_of
from .errors import ActionError, ActionInputError, MisuseError
from .forms import Decoded
from .messages import Text
from .models import Input
from .result import SafeResult
from .signals import heard, tell_finished, tell_started
from .transports.base import Call, Transport, log
from .urls import has_scheme

T = TypeVar("T")


async def answer(transport: Transport, call: Call) -> Any:
    """Carry one call to its action and bring the result back."""
    begun = None
    try:
        if call.result is None:
            call.waits = False
            if call.action is not None and heard():
                begun = await tell_started(call)
            action = transport.target(call)
            try:
                if action.guards:
                    await admit(action, call)
                data = transport.decode(call, action)
                value = validate(call.chosen or action.input, data)
                call.result = await run(action, value, call, transport)
            except HTTPException as aborted:
                if not isinstance(aborted.response, Response):
                    raise
                # abort(redirect(...)), by a guard as well, is return redirect(...) of the handler.
                call.result = respond(aborted.response, call, transport)
        return transport.encode(call, call.result)
    except Exception as problem:
        call.result = explain(problem, call)
        return transport.encode(call, call.result)
    finally:
        if begun is not None:
            await tell_finished(call, begun)


async def admit(action: Action[Any], call: Call) -> None:
    """Ask the guards, before any work is done and any byte of the body is read."""
    call.ctx.asking = action.marked
    try:
        for guard in action.guards:
            verdict = guard(call.ctx)
            if isinstance(verdict, Awaitable):
                verdict = await call.settle(verdict)
            if verdict is None or verdict is True:
                continue
            if verdict is not False:
                # `lambda ctx: ctx.user` would let nobody in as it lets everybody in: None admits.
                raise TypeError(
                    f"A guard of {call.ctx.name}, {where_of(guard)}, returned "
                    f"{type(verdict).__name__}: it returns None or True to admit and False to "
                    f"refuse, or raises an ActionError."
                )
            if call.ctx.has_login and call.ctx.user is None:
                raise ActionError("UNAUTHORIZED", Text("please_log_in"))
            raise ActionError("FORBIDDEN", Text("not_allowed"))
    finally:
        call.ctx.asking = False


def validate(input: Input, data: Any) -> Any:
    """The input that the handler gets.

    :raises ActionInputError: if the data does not fit.
    """
    match data:
        case None:
            return input.from_nothing()
        case bytes():
            return input.from_json(data)
        case Decoded():
            return input.from_python(data.data, data.sent)
        case MultiDict():
            return input.from_form(data)
        case _:
            return input.from_python(data)


async def run(action: Action[Any], value: Any, call: Call, transport: Transport) -> SafeResult[Any]:
    """Call the handler, and narrow what it gives to the output."""
    ctx = call.ctx
    try:
        data = action.handler(*action.arguments(value, ctx))
        if isinstance(data, Awaitable):
            data = await call.settle(data)
    except ActionInputError as error:
        raise (call.chosen or action.input).place(error, call.sent) from error.__cause__
    if isinstance(data, Response):
        return respond(data, call, transport)
    # `return ctx.redirect(...)` gives None, whatever the output says.
    if data is not None or ctx.location is None:
        data = action.output.narrow(data)
    return SafeResult(data=data, location=ctx.location)


def respond(response: Response, call: Call, transport: Transport) -> SafeResult[Any]:
    """A Response of the handler, or of a gate around it, as a result."""
    location = response.headers.get("Location")
    if location is not None and 300 <= response.status_code < 400:
        call.take_cookies(response)
        if call.gate(location) is not None:
            error = ActionError("UNAUTHORIZED", Text("please_log_in"))
            return SafeResult(error=error, location=location)
        if not has_scheme(location):
            location = urljoin(call.ctx.url or "/", location)
        call.ctx.redirect(location)
        return SafeResult(location=call.ctx.location)
    if transport.passes_responses:
        return SafeResult(data=response)
    if response.status_code >= 400:
        raise ActionError(ActionError.status_to_code(response.status_code), response.status)
    raise ActionError(
        "INTERNAL_SERVER_ERROR",
        f"{call.ctx.name} answers with a file or a page of its own, which only a plain form and a "
        f"JSON client can take.",
    )


def explain(problem: Exception, call: Call) -> SafeResult[Any]:
    """What the caller is told of an exception.

    :raises Exception: *problem* itself, where the application or Flask answers it.
    """
    if isinstance(problem, ActionInputError) and problem.strays:
        tell_strays(problem, call)
    if isinstance(problem, ActionError):
        call.let_go(problem)
        return SafeResult(error=problem)
    has_handler = call.has_handler(problem)
    if has_handler and call.ctx.called_from == "form":
        raise problem
    if isinstance(problem, HTTPException):
        return _of_http(problem)
    if isinstance(problem, MisuseError) or (call.propagates() and not has_handler):
        raise problem
    return SafeResult(error=call.report(problem))


def tell_strays(error: ActionInputError, call: Call) -> None:
    """Tell the developer of messages for fields that the input does not have.

    :raises MisuseError: where Flask would let an exception through; elsewhere the log has it.
    """
    action = call.action
    assert action is not None
    input = call.chosen or action.input
    for path in error.strays:
        near = ", ".join(map(repr, input.names_near(path)))
        said = (
            f"An error of {call.ctx.name} ({action.where}) is for {'.'.join(map(str, path))!r}, "
            f"which {input.label} does not have, so that it stands at the form. Near are "
            f"{near or 'no fields'}."
        )
        if call.propagates():
            raise MisuseError(said) from error
        log.warning("%s", said)


def complete(line: Coroutine[Any, Any, T]) -> T:
    """Walk a line in which nothing waits: what an async handler needs, its call settles itself."""
    try:
        line.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    line.close()
    raise RuntimeError("The line waited, which only a call from async code may do.")


def _of_http(problem: HTTPException) -> SafeResult[Any]:
    status = problem.code or 500
    code = ActionError.status_to_code(status)
    if code == "INTERNAL_SERVER_ERROR" and 400 <= status < 500:
        code = "BAD_REQUEST"  # a teapot has no name in the table
    seconds = getattr(problem, "retry_after", None)
    return SafeResult(
        error=ActionError(
            code,
            problem.description or problem.name,
            retry_after=seconds if isinstance(seconds, int) else None,
        )
    )
