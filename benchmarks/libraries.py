"""The same JSON call with other libraries, each as its documentation writes it.

A library is imported by the function that uses it: one of them can be missing. No annotation here
is postponed, since not every library can read those.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from .apps import SECRET_KEY, Site, new_app
from .client import Answer, json_post
from .models import Post, PostOut, save

URL = "/api/posts"


def apiflask() -> Site:
    from apiflask import APIFlask

    app = APIFlask("benchmarks")
    app.secret_key = SECRET_KEY

    @app.post(URL)
    @app.input(Post)
    @app.output(PostOut)
    def create_post(json_data: Post):
        return save(json_data.title, json_data.rating, json_data.published)

    return Site(app, form="", json=URL)


def flask_openapi3() -> Site:
    from flask_openapi3 import OpenAPI

    app = OpenAPI("benchmarks")
    app.secret_key = SECRET_KEY

    @app.post(URL, responses={200: PostOut})
    def create_post(body: Post):
        return save(body.title, body.rating, body.published).model_dump()

    return Site(app, form="", json=URL)


def flask_pydantic() -> Site:
    from flask_pydantic import validate

    app = new_app("by_hand")

    @app.post(URL)
    @validate()
    def create_post(body: Post):
        return save(body.title, body.rating, body.published)

    return Site(app, form="", json=URL)


def fastapi() -> Any:
    from fastapi import FastAPI

    app = FastAPI()

    # async, since nothing waits: a plain function would be sent to a thread.
    @app.post(URL)
    async def create_post(post: Post) -> PostOut:
        return save(post.title, post.rating, post.published)

    return app


def litestar() -> Any:
    from litestar import Litestar, post

    @post(URL, status_code=200)
    async def create_post(data: Post) -> PostOut:
        return save(data.title, data.rating, data.published)

    return Litestar([create_post])


class AsgiTurn:
    """One JSON call to an ASGI application; many of them in one run of the loop."""

    def __init__(self, make: Callable[[], Any], body: bytes) -> None:
        environ = json_post(URL, body)
        headers = [
            (name.removeprefix("HTTP_").lower().replace("_", "-").encode(), value.encode())
            for name, value in environ.items()
            if name.startswith(("HTTP_", "CONTENT_"))
        ]
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": URL,
            "raw_path": URL.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        self._app = make()
        self._body = body
        self._loop = asyncio.new_event_loop()

    def __call__(self) -> Answer:
        answer = self._loop.run_until_complete(self._call())
        headers = [(name.decode(), value.decode()) for name, value in answer.headers]
        return answer._replace(headers=headers)

    def repeat(self, times: int) -> None:
        self._loop.run_until_complete(self._call_often(times))

    async def _call_often(self, times: int) -> None:
        for _ in range(times):
            await self._call()

    async def _call(self) -> Answer:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": self._body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {**self._scope, "headers": self._scope["headers"].copy(), "state": {}}
        await self._app(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(str(sent[0]["status"]), sent[0]["headers"], content)
