"""``flask actions``: what an application's actions are, and a call from the shell."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from pydantic_core import from_json, to_json

from .action import Action
from .context import ActionContext
from .pipeline import answer, complete
from .result import SafeResult
from .transports.server import ServerCall, ServerTransport, take_marks
from .urls import quoted

commands: AppGroup = AppGroup("actions", help="The application's actions.")


@commands.command("list")
def list_actions() -> None:
    """Name, accepted kinds, input, guards and URL of every action."""
    state = current_app.extensions["actions"]
    rows = [("NAME", "ACCEPTS", "INPUT", "GUARD", "URL")]
    for name, action in state.registry:
        rows.append(
            (
                name,
                ",".join(sorted(action.accept)),
                action.input.label,
                ", ".join(_name(guard) for guard in action.guards) or "-",
                quoted(f"{state.settings.url_prefix}/{name}"),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())


@commands.command("call")
@click.argument("name")
@click.option("--json", "text", default=None, help="The input, as JSON.")
def call(name: str, text: str | None) -> None:
    """Call an action as trusted code would not: guards are asked, the input is validated.

    Prints the result as JSON; the exit code is 1 for an error.
    """
    try:
        if text is not None:
            from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="--json") from None
    state = current_app.extensions["actions"]
    action = state.registry.find(name)
    if action is None:
        try:
            state.registry.name_of(name)
        except LookupError as error:
            raise click.BadParameter(str(error), param_hint="NAME") from None
    ctx = ActionContext(name, "server", state.loader(_app()))
    line = answer(_SHELL, ServerCall(action, ctx, None if text is None else text.encode()))
    result: SafeResult[Any] = complete(line)
    said = json.dumps(result.to_dict(), indent=2, ensure_ascii=False)
    # Half a surrogate pair is no UTF-8: it stays the escape that it is in JSON.
    click.echo(said.encode(errors="backslashreplace").decode())
    if not result.ok:
        raise SystemExit(1)


@commands.command("client")
@click.option("--out", type=click.Path(dir_okay=False), default=None, help="The file to write.")
@click.option("--check", is_flag=True, help="Write nothing; fail if the file is not up to date.")
def client(out: str | None, check: bool) -> None:
    """TypeScript declarations of the client for scripts, from the actions' models.

    With --check, says what changed and whether programs that call the actions break; the exit code
    is 1 if anything did.
    """
    from .changes import changes  # only when it is asked for
    from .declarations import declare

    if check and out is None:
        raise click.UsageError("--check compares with a file: say which, --out actions.d.ts.")
    state = current_app.extensions["actions"]
    text = declare(state.registry, state.settings.url_prefix)
    if out is None:
        click.echo(text, nl=False)
        return
    file = Path(out)
    if not check:
        _write(out, text.encode())
        return
    if not file.exists():
        click.echo(f"{out} does not exist: write it with flask actions client --out {out}")
        raise SystemExit(1)
    found = changes(file.read_text(encoding="utf-8"), text)
    for change in found:
        click.echo(f"{'BREAKS ' if change.breaks else '       '}{change.what}")
    if found:
        broken = "callers break" if any(one.breaks for one in found) else "no caller breaks"
        click.echo(f"{out} is out of date; {broken}. Write it: flask actions client --out {out}")
        raise SystemExit(1)


@commands.command("doctor")
def doctor() -> None:
    """Look for what templates, actions and settings get wrong.

    Prints a line for each finding; the exit code is 1 if there is any.
    """
    from .doctor import examine, report  # only when it is asked for: Jinja's parser, and its time

    state = current_app.extensions["actions"]
    examined = examine(_app(), state.registry, state.settings)
    for line in report(examined, len(state.registry)):
        click.echo(line)
    if examined.findings:
        raise SystemExit(1)


@commands.command("openapi")
@click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write to a file.")
def openapi(out: str | None) -> None:
    """Describe all actions as an OpenAPI 3.1 document, in JSON."""
    from .openapi import describe, write  # only when it is asked for: pydantic's writer of schemas

    app = _app()
    state = app.extensions["actions"]
    root = str(app.config["APPLICATION_ROOT"]).rstrip("/")
    text = write(describe(app, state.registry, state.settings, root)) + b"\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


class _ShellTransport(ServerTransport):
    """A call from Python whose input is a JSON text, and validated as one."""

    def decode(self, call: Any, action: Action[Any]) -> Any:
        if not action.marked:
            return call.given
        data = None if call.given is None else from_json(call.given)
        rest = take_marks(call, action, data)
        return call.given if rest is data else to_json(rest)


_SHELL = _ShellTransport()


def _write(out: str, text: bytes) -> None:
    try:
        Path(out).write_bytes(text)
    except OSError as error:
        raise click.FileError(out, error.strerror) from None


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _name(guard: Any) -> str:
    while isinstance(guard, partial):
        guard = guard.func
    return str(getattr(guard, "__name__", None) or type(guard).__name__)
