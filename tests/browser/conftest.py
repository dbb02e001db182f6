"""What the browser tests of the library share."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page


@pytest.fixture
def open_page(serve, page, javascript) -> Callable[..., Page]:
    """Open a page of an application: ``open_page(app, "/list", how="hx-...")``."""

    def open_it(app: Flask, path: str, **parameters: str) -> Page:
        query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
        page.goto(f"{serve(app)}{path}{'?' if query else ''}{query}")
        if javascript:
            assert page.evaluate("htmx.version")
        return page

    return open_it
