"""What every transport is, and one call on its way.

A transport finds the action that a call is for (``target``), reads its input off the wire
(``decode``) and writes its result there (``encode``). It knows neither the line that calls it nor
another transport.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from flask import (
    after_this_request,
    current_app,
    got_request_exception,
    has_app_context,
    has_request_context,
    request,
    session,
)
from werkzeug.wrappers import Response

from ..action import Action
from ..context import ActionContext
from ..errors import ActionError, MisuseError
from ..messages import Text
from ..models import Input, unserialisable
from ..result import SafeResult
from ..urls import on_site, path_of

log: logging.Logger = logging.getLogger("flask_actions")

#: What a call may say beside its input: which button was pressed, and what the page bound.
INTENT, BOUND = MARKS = ("_intent", "_bound")


class Transport(Protocol):
    """A way in."""

    #: Whether it can hand on a Response of the handler, a download, as it is.
    passes_responses: bool

    def target(self, call: Any) -> Action[Any]:
        """The action that the call is for.

        :raises ActionError: if there is none, or the call may not come this way.
        """
        ...

    def decode(self, call: Any, action: Action[Any]) -> Any:
        """The call's input: JSON bytes, a form's :class:`Decoded` or fields, or plain data."""

    def encode(self, call: Any, result: SafeResult[Any]) -> Any:
        """The answer. Encoding a result with an error does not fail."""


class Call:
    """One call on its way down the line.

    :ivar result: the result, where it is known before the line is walked.
    :ivar waits: whether the line is still to be walked: a hook has the word.
    :ivar chosen: the input of the button that was pressed; None for an action without ``intents``.
    :ivar sent: gives the path as the form sent it, for one in the data.
    """

    chosen: Input | None = None
    sent: Callable[[tuple[str | int, ...]], tuple[str | int, ...]] | None = None

    def __init__(self, action: Action[Any] | None, ctx: ActionContext) -> None:
        self.action = action
        self.ctx = ctx
        self.result: SafeResult[Any] | None = None
        self.waits = True

    def choose(self, action: Action[Any], intent: object) -> None:
        """Take the input of the button that was pressed; of the first one, if none is named.

        :raises ActionError: ``BAD_REQUEST``, if there is no such button.
        """
        intents = action.intents
        if not intents:
            return
        name = next(iter(intents)) if intent is None or intent == "" else intent
        if not isinstance(name, str) or name not in intents:
            raise ActionError("BAD_REQUEST", Text("no_such_button", known=", ".join(intents)))
        self.ctx.intent, self.chosen = name, intents[name]

    async def settle(self, waiting: Awaitable[Any]) -> Any:
        """Wait for an async handler from sync code, as Flask does for async views."""
        import asyncio  # it brings sockets, subprocesses and TLS, which few applications need

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            _close(waiting)
            raise MisuseError(
                f"{self.ctx.name} is async and was called plainly in async code: write "
                f"`await action.acall(...)`."
            )
        try:
            if has_app_context():
                return current_app.ensure_sync(_wait)(waiting)
            return asyncio.run(_wait(waiting))
        except RuntimeError as error:
            if "'async' extra" not in str(error):
                raise
            _close(waiting)
            raise MisuseError(
                f"The handler of {self.ctx.name} is async, which needs a package more: "
                f"pip install 'flask-server-actions[async]'."
            ) from None

    def has_handler(self, problem: Exception) -> bool:
        """Whether the application has an error handler for *problem*, so that Flask keeps it in."""
        return False

    def propagates(self) -> bool:
        """Whether Flask would let an unexpected exception through: debug, tests, by setting."""
        if not has_app_context():
            return False
        wanted = current_app.config["PROPAGATE_EXCEPTIONS"]
        return current_app.testing or current_app.debug if wanted is None else bool(wanted)

    def report(self, problem: Exception) -> ActionError:
        """Tell the log and Flask's signal of an unexpected exception; the caller gets its id."""
        reference = secrets.token_hex(6)
        problem.add_note(f"In the action {self.ctx.name}, reference {reference}.")
        logger = current_app.logger if has_app_context() else log
        logger.error("Exception in the action %s [%s]", self.ctx.name, reference, exc_info=problem)
        if has_app_context():
            sender = current_app._get_current_object()  # type: ignore[attr-defined]
            got_request_exception.send(
                sender, _async_wrapper=current_app.ensure_sync, exception=problem
            )
        return ActionError(
            "INTERNAL_SERVER_ERROR",
            Text("went_wrong", reference=reference),
            reference=reference,
        )

    def let_go(self, error: ActionError) -> None:
        """Forget where an error was raised, where nobody will ask."""

    def take_cookies(self, response: Response) -> None:
        """Have the answer set the cookies of a Response that it replaces."""
        if has_request_context():
            for cookie in response.headers.getlist("Set-Cookie"):
                after_this_request(_with_cookie(cookie))

    def gate(self, location: str) -> str | None:
        """The parameter of *location* that leads back to this request, as a login gate's does.

        :returns: its name; empty if the session has it, as Flask-Login may; None for no gate.
        """
        if not has_request_context() or self.ctx.user is not None:
            return None
        for name, target in parse_qsl(urlsplit(location).query):
            if self._leads_here(target):
                return name
        return "" if self._leads_here(str(session.get("next", ""))) else None

    def _leads_here(self, url: str) -> bool:
        way = on_site(url, request.host)
        if way is None or unquote(path_of(way)) != request.root_path + request.path:
            return False
        # The handler may well name the page that it was called at: a gate around it names the call.
        return (
            self.waits
            or "_action" not in request.args
            or "_action" in dict(parse_qsl(urlsplit(way).query))
        )


def check_sendable(result: SafeResult[Any], action: Action[Any]) -> None:
    """See that data which leaves as it is could leave by every door.

    :raises ActionError: ``INTERNAL_SERVER_ERROR``, if it could not be serialised.
    """
    if action.output.sure or result.data is None:
        return
    try:
        action.output.to_json(result.data)
    except ValueError as error:
        raise unserialisable(action.name, action.output, error) from None


def _with_cookie(cookie: str) -> Callable[[Response], Response]:
    def add(answer: Response) -> Response:
        answer.headers.add("Set-Cookie", cookie)
        return answer

    return add


async def _wait(waiting: Awaitable[Any]) -> Any:
    return await waiting


def _close(waiting: Awaitable[Any]) -> None:
    close = getattr(waiting, "close", None)
    if close is not None:
        close()
