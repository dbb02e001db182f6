"""Which URLs stay on this site: a URL from outside in, a path of ours or None out."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, unquote_plus, urlsplit

_BLANKS = "".join(map(chr, range(0x21)))
_UNFIT = re.compile(r"[\\\x00-\x20\x7f]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~/-]*")  # what quote() leaves as it is, too
_DEFAULT_PORTS = (":80", ":443")


def bare_host(host: str) -> str:
    """*host* in lower case, without the port that its scheme has anyway."""
    host = host.lower()
    for port in _DEFAULT_PORTS:
        host = host.removesuffix(port)
    return host


def on_site(url: str, host: str) -> str | None:
    """The path, query and fragment of *url* if a browser that follows it stays on *host*.

    Browsers read a backslash as a slash, drop tabs and line breaks inside a URL, and take
    ``https:evil`` for a host: none of these is a URL of ours (WHATWG URL, 4.4).
    """
    if not url or _UNFIT.search(url):
        return None
    if url.startswith("/"):
        return None if url.startswith("//") else url
    try:
        parts = urlsplit(url)
        outside = parts.scheme not in ("http", "https") or "@" in parts.netloc
    except ValueError:
        return None
    if outside or not parts.netloc:
        return None
    if parts.netloc != host and bare_host(parts.netloc) != bare_host(host):
        return None
    rest = url.partition("://")[2]
    path = rest[len(parts.netloc) :]
    # "http://our.host//evil" would be another host once its own host is cut off.
    return None if path.startswith("//") else (path if path.startswith("/") else "/" + path)


def has_scheme(target: str) -> bool:
    """Whether *target* is a URL, or wants to be one, rather than an endpoint's name."""
    # A browser skips blanks and controls before a URL (WHATWG URL, 4.4), so no endpoint has them.
    target = target.lstrip(_BLANKS)
    scheme, colon, _ = target.partition(":")
    return target[:1] in ("/", "\\") or bool(colon and scheme and scheme[0].isalpha())


def quoted(path: str) -> str:
    """A decoded path as it stands in a URL; a ``?``, ``#`` or ``%`` in it is a letter."""
    return quote(path, safe="/!$&'()*+,:;=@")


def path_of(url: str) -> str:
    """The path alone."""
    return url.partition("#")[0].partition("?")[0]


def with_query(url: str, name: str, value: str) -> str:
    """*url* with one query parameter set; the others, and the fragment, stay as they were."""
    return add_query(without_query(url, (name,)), name, value)


def add_query(url: str, name: str, value: str) -> str:
    """*url* with one query parameter more, beside those of the same name."""
    url, hash_, fragment = url.partition("#")
    joint = "&" if "?" in url else "?"
    if not _UNRESERVED.fullmatch(value):
        value = quote(value, safe="/")
    return f"{url}{joint}{name}={value}{hash_}{fragment}"


def without_query(url: str, names: Collection[str]) -> str:
    """*url* without the query parameters *names*, everything else untouched."""
    head, hash_, fragment = url.partition("#")
    path, mark, query = head.partition("?")
    if not mark:
        return url
    kept = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in names]
    query = "&".join(kept)
    return f"{path}{'?' if query else ''}{query}{hash_}{fragment}"
