"""Where a visitor may be sent back to: any text in, a path of this site out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request


def local_path(url: str | None) -> str:
    """*url* where a browser that follows it stays on this site, else the front page."""
    # Browsers read "//host" and "/\host" as another site, and drop control characters first.
    outside = not url or not url.startswith("/") or url.startswith("//") or "\\" in url
    return "/" if not url or outside or not url.isprintable() else url


def page_of(request: Request) -> str:
    """The path and query of the page that the visitor looks at, also while a form of it is sent."""
    if request.method == "GET":
        return local_path(request.full_path.removesuffix("?"))
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return "/"
    return local_path(referrer._replace(scheme="", netloc="", fragment="").geturl())
