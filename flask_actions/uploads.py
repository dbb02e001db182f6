"""A file field: what a browser sent in, an :class:`Upload` that fits its rules out."""

from __future__ import annotations

import re
from collections.abc import Callable
from mimetypes import guess_type
from os import SEEK_END
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from werkzeug.datastructures import FileStorage

from .config import size_in_bytes
from .shapes import FILE_RULES


class Upload(FileStorage):
    """An uploaded file, as the type of a field.

    Its rules stand beside it: ``Annotated[Upload, MaxSize("2 MB"), AcceptTypes("image/*")]``.
    """

    @classmethod
    def of(cls, file: FileStorage) -> Upload:
        """The same file, with the same stream."""
        if isinstance(file, cls):
            return file
        return cls(file.stream, file.filename or "", file.name, headers=file.headers)

    @property
    def size(self) -> int:
        """In bytes, measured; reading goes on where it was."""
        position = self.stream.tell()
        size = self.stream.seek(0, SEEK_END)
        self.stream.seek(position)
        return size

    def head(self, count: int) -> bytes:
        """The first bytes; reading goes on where it was."""
        position = self.stream.tell()
        self.stream.seek(0)
        head = self.stream.read(count)
        self.stream.seek(position)
        return head

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._received, metadata={FILE_RULES: {"file": True}}
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}

    @classmethod
    def _received(cls, value: Any) -> Upload:
        if isinstance(value, FileStorage):
            return cls.of(value)
        raise PydanticCustomError("upload_expected", "Upload a file here.")


class MaxSize:
    """How large a file may be: ``MaxSize("2 MB")`` (10^6), ``MaxSize("2 MiB")`` (2^20) or bytes.

    :raises ValueError: if it is none of these.
    """

    def __init__(self, limit: int | str) -> None:
        self.limit: int | str = limit
        self.bytes: int = size_in_bytes(limit, "MaxSize")

    def __repr__(self) -> str:
        return f"MaxSize({self.limit!r})"

    def check(self, file: Upload) -> Upload:
        if file.size > self.bytes:
            raise PydanticCustomError(
                "upload_too_large",
                "The file is larger than {limit}.",
                {"limit": str(self), "max_size": self.bytes},
            )
        return file

    def __str__(self) -> str:
        if isinstance(self.limit, str):
            return self.limit.strip()
        for unit, size in _UNITS.items():
            if self.limit % size == 0:
                return f"{self.limit // size} {unit}"
        return f"{self.limit:,} bytes"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _on_files(handler(source), self.check, {"max_size": self.bytes})


_UNITS = {"GiB": 2**30, "GB": 10**9, "MiB": 2**20, "MB": 10**6, "KiB": 2**10, "kB": 10**3}


class AcceptTypes:
    """Which files may come: ``AcceptTypes("image/*", "application/pdf", ".csv")``.

    What was declared must be among them, and what the first bytes of PNG, JPEG, GIF, WebP and PDF
    say must be what was declared. SVG runs scripts, so ``image/*`` does not mean it.

    :raises ValueError: for no type, or a text that is neither a type nor ``.ext``.
    """

    def __init__(self, *types: str) -> None:
        for one in types:
            if not re.fullmatch(_TYPE, one):
                raise ValueError(
                    f"AcceptTypes has {one!r}: write a type such as 'application/pdf', 'image/*' "
                    f"or '.csv'."
                )
        if not types:
            raise ValueError("AcceptTypes names no type: write AcceptTypes('image/*').")
        self.types: tuple[str, ...] = tuple(one.lower() for one in types)

    def __repr__(self) -> str:
        return f"AcceptTypes({', '.join(map(repr, self.types))})"

    def check(self, file: Upload) -> Upload:
        declared = _ALIASES.get(file.mimetype, file.mimetype)
        name = (file.filename or "").lower()
        endings = [one for one in self.types if one.startswith(".") and name.endswith(one)]
        if not endings and not any(_covers(one, declared) for one in self.types):
            raise self._refusal()
        if _may_be_svg(declared, name, file.head(256)) and not self._names_svg:
            raise self._refusal()
        # A browser that does not know a file's type says "octet-stream": then its name declares it.
        claims = {declared} - {"", "application/octet-stream"}
        claims |= {guessed for one in endings if (guessed := guess_type(f"file{one}")[0])}
        actual = _by_bytes(file.head(16))
        contradicted = actual is not None and bool(claims) and actual not in claims
        if contradicted or any(claim in _SIGNATURES and claim != actual for claim in claims):
            raise PydanticCustomError(
                "upload_type", "The file is not what its type says: it may be damaged or renamed."
            )
        return file

    @property
    def _names_svg(self) -> bool:
        return any(one in ("image/svg+xml", ".svg", ".svgz") for one in self.types)

    def _refusal(self) -> PydanticCustomError:
        return PydanticCustomError(
            "upload_type",
            "This type of file is not accepted. Choose one of these: {types}.",
            {"types": ", ".join(self.types)},
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _on_files(handler(source), self.check, {"accept": self.types})


# Patterns are compiled at the first file: most applications take none.
_TYPE = r"\.[\w.+-]+|[\w.+-]+/(?:\*|[\w.+-]+)"

#: Names that browsers and systems have for the types below.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": "application/pdf",
}

_SIGNATURES = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"(?s:RIFF....WEBP)",
    "application/pdf": rb"%PDF-",
}


def _by_bytes(head: bytes) -> str | None:
    return next((type_ for type_, start in _SIGNATURES.items() if re.match(start, head)), None)


def _covers(accepted: str, declared: str) -> bool:
    accepted = _ALIASES.get(accepted, accepted)
    if accepted.endswith("/*"):
        return declared.startswith(accepted[:-1])
    return accepted == declared


def _may_be_svg(declared: str, name: str, head: bytes) -> bool:
    if declared == "image/svg+xml" or name.endswith((".svg", ".svgz")):
        return True
    # Of all pictures, only SVG begins so; a long comment may keep <svg itself out of sight.
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")  # UTF-16 has zeros and a mark
    return declared.startswith("image/") and text.startswith(b"<")


# A schema's parts in which a rule looks for the file it is about; a model's fields have their own.
_WRAPPED = ("schema", "items_schema", "choices", "steps", "python_schema", "json_schema")
_OWNERS = ("model", "dataclass", "typed-dict", "named-tuple", "call", "definition-ref")


def _on_files(
    schema: CoreSchema, check: Callable[[Upload], Upload], rules: dict[str, Any]
) -> CoreSchema:
    """The schema with a rule at its files: at each item of a list, not at None."""
    changed: CoreSchema = _with_rule(schema, check, rules)
    if changed is schema:
        raise TypeError("MaxSize and AcceptTypes are rules of an Upload: Annotated[Upload, ...].")
    return changed


def _with_rule(schema: Any, check: Callable[[Upload], Upload], rules: dict[str, Any]) -> Any:
    found: Any = schema  # one schema, or a list of them
    if isinstance(schema, list):
        parts = [_with_rule(part, check, rules) for part in schema]
        same = all(new is old for new, old in zip(parts, schema, strict=True))
        return schema if same else parts
    if not isinstance(schema, dict) or schema["type"] in _OWNERS:
        return schema
    if FILE_RULES in (schema.get("metadata") or {}):
        return core_schema.no_info_after_validator_function(
            check, found, metadata={FILE_RULES: rules}
        )
    changed = {
        key: new
        for key in _WRAPPED
        if key in schema and (new := _with_rule(schema[key], check, rules)) is not schema[key]
    }
    return {**schema, **changed} if changed else schema
