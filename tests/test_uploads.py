"""Uploads: a file field's value, and the rules that stand beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.datastructures import FileStorage

from flask_actions.uploads import AcceptTypes, MaxSize, Upload

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 8
GIF = b"GIF89a" + b"\0" * 8
WEBP = b"RIFF\x10\0\0\0WEBPVP8 "
PDF = b"%PDF-1.7\n"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def file(content: bytes = b"abc", name: str = "a.txt", type_: str = "text/plain") -> FileStorage:
    return FileStorage(BytesIO(content), name, "field", content_type=type_)


def faults(type_: Any, value: Any) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Type, message and place of what pydantic finds wrong."""
    try:
        TypeAdapter(type_).validate_python(value)
    except ValidationError as error:
        return [(one["type"], one["msg"], one["loc"]) for one in error.errors()]
    return []


def test_upload_is_the_file_that_was_sent():
    upload = Upload.of(file(b"12345", "ü.txt", "text/plain; charset=utf-8"))

    assert (upload.filename, upload.name, upload.mimetype) == ("ü.txt", "field", "text/plain")
    assert Upload.of(upload) is upload


def test_size_keeps_the_position():
    upload = Upload.of(file(b"12345"))
    upload.read(2)

    assert upload.size == 5
    assert upload.read() == b"345"


def test_upload_is_saved(tmp_path):
    Upload.of(file(b"12345")).save(tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == b"12345"


def test_plain_file_becomes_an_upload():
    class Form(BaseModel):
        x: Upload

    form = Form.model_validate({"x": file()})

    assert type(form.x) is Upload


@pytest.mark.parametrize("value", ["a.txt", None, 3, b"abc", {"filename": "a"}])
def test_anything_else_is_told_to_upload(value):
    assert faults(Upload, value) == [("upload_expected", "Upload a file here.", ())]


def test_json_is_told_to_upload():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, Upload]).validate_json('{"x": "abc"}')

    assert caught.value.errors()[0]["msg"] == "Upload a file here."


def test_json_schema_says_binary():
    class Form(BaseModel):
        x: Annotated[Upload, MaxSize(3), AcceptTypes(".txt")]
        y: list[Upload] | None = None

    schema = Form.model_json_schema()

    assert schema["properties"]["x"] == {"format": "binary", "title": "X", "type": "string"}
    assert json.dumps(schema).count("binary") == 2


# --- size


@pytest.mark.parametrize(
    ("limit", "size", "said"),
    [
        ("2 MB", 2_000_000, "2 MB"),
        ("2 MiB", 2_097_152, "2 MiB"),
        ("1.5kB", 1_500, "1.5kB"),
        (5_000_000, 5_000_000, "5 MB"),
        (2**21, 2_097_152, "2 MiB"),
        (1_234, 1_234, "1,234 bytes"),
    ],
)
def test_size_is_written_for_people(limit, size, said):
    rule = MaxSize(limit)

    assert (rule.bytes, str(rule)) == (size, said)


@pytest.mark.parametrize("limit", ["2 potatoes", "", "-1 MB", "MB", 0, -3, True, 1.5, None])
def test_bad_size_is_an_error_at_once(limit):
    with pytest.raises(ValueError, match="MaxSize"):
        MaxSize(limit)


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param(Annotated[Upload, MaxSize(3)], id="file"),
        pytest.param(Annotated[Upload, MaxSize(3)] | None, id="inside Optional"),
        pytest.param(Annotated[Upload | None, MaxSize(3)], id="around Optional"),
        pytest.param(Annotated[Upload, MaxSize(9), MaxSize(3)], id="twice"),
    ],
)
def test_file_may_have_so_many_bytes(type_):
    too_large = ("upload_too_large", "The file is larger than 3 bytes.", ())

    assert faults(type_, file(b"123")) == []
    assert faults(type_, file(b"1234")) == [too_large]


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param(list[Annotated[Upload, MaxSize(3)]], id="inside list"),
        pytest.param(Annotated[list[Upload], MaxSize(3)], id="around list"),
        pytest.param(Annotated[list[Upload] | None, MaxSize(3)], id="around optional list"),
        pytest.param(Annotated[tuple[Upload, ...], MaxSize(3)], id="around tuple"),
        pytest.param(Annotated[Sequence[Upload], MaxSize(3)], id="around sequence"),
    ],
)
def test_each_file_of_a_list_may(type_):
    found = faults(type_, (file(b"123"), file(b"1234")))

    assert [(kind, place) for kind, _, place in found] == [("upload_too_large", (1,))]


def test_rule_of_no_file_is_an_error_at_once():
    with pytest.raises(TypeError, match="Upload"):
        TypeAdapter(Annotated[str, MaxSize(3)])


# --- type


@pytest.mark.parametrize(
    ("rule", "content", "name", "type_"),
    [
        pytest.param(("image/*",), PNG, "a.png", "image/png", id="png"),
        pytest.param(("image/*",), JPEG, "a.jpg", "image/jpeg", id="jpeg"),
        pytest.param(("image/*",), JPEG, "a.jpg", "image/jpg", id="jpeg by its old name"),
        pytest.param(("image/*",), GIF, "a.gif", "image/gif", id="gif"),
        pytest.param(("image/*",), WEBP, "a.webp", "image/webp", id="webp"),
        pytest.param(("application/pdf",), PDF, "a.pdf", "application/pdf", id="pdf"),
        pytest.param(("image/*",), b"BM123", "a.bmp", "image/bmp", id="another picture"),
        pytest.param((".csv",), b"a,b", "A.CSV", "application/vnd.ms-excel", id="by ending"),
        pytest.param((".pdf",), PDF, "a.pdf", "application/octet-stream", id="pdf by ending"),
        pytest.param(("text/*",), b"<svg/>", "a.html", "text/html", id="html with a picture"),
        pytest.param(("image/svg+xml",), SVG, "a.svg", "image/svg+xml", id="svg by name"),
        pytest.param((".svg",), SVG, "a.svg", "image/svg+xml", id="svg by ending"),
        pytest.param(("IMAGE/PNG",), PNG, "a.png", "image/png", id="capitals"),
    ],
)
def test_type_is_accepted(rule, content, name, type_):
    assert faults(Annotated[Upload, AcceptTypes(*rule)], file(content, name, type_)) == []


@pytest.mark.parametrize(
    ("rule", "content", "name", "type_"),
    [
        pytest.param(("image/*",), b"abc", "a.txt", "text/plain", id="another type"),
        pytest.param(("image/*",), b"abc", "a.png", "image/png", id="no png"),
        pytest.param(("image/*",), JPEG, "a.png", "image/png", id="jpeg as png"),
        pytest.param(("image/*",), PDF, "a.bmp", "image/bmp", id="pdf as bmp"),
        pytest.param(("image/*",), b"", "a.png", "image/png", id="empty"),
        pytest.param(("text/plain",), PDF, "a.txt", "text/plain", id="pdf as text"),
        pytest.param((".pdf",), PNG, "a.pdf", "application/octet-stream", id="png as .pdf"),
        pytest.param((".pdf",), b"abc", "a.pdf", "application/octet-stream", id="text as .pdf"),
        pytest.param(("image/*",), SVG, "a.svg", "image/svg+xml", id="svg"),
        pytest.param(("image/*",), PNG, "a.svg", "image/png", id="svg by its name"),
        pytest.param(("image/*",), SVG, "a.bmp", "image/bmp", id="svg as bmp"),
        pytest.param(("image/*",), b"\xff\xfe<\0s\0", "a.bmp", "image/bmp", id="svg in utf-16"),
        pytest.param(("image/*", ".png"), SVG, "a.png", "image/svg+xml", id="svg as .png"),
        pytest.param(("image/*",), PNG, "a.png", "", id="no type"),
    ],
)
def test_type_is_refused(rule, content, name, type_):
    found = faults(Annotated[Upload, AcceptTypes(*rule)], file(content, name, type_))

    assert [kind for kind, *_ in found] == ["upload_type"]


def test_refusal_names_what_is_accepted():
    rule = Annotated[Upload | None, AcceptTypes("image/*", ".pdf")]

    [(_, message, _)] = faults(rule, file())

    assert message == "This type of file is not accepted. Choose one of these: image/*, .pdf."
    assert faults(rule, None) == []


def test_checks_leave_the_file_at_its_start():
    type_ = Annotated[Upload, MaxSize("1 kB"), AcceptTypes("image/png")]

    upload = TypeAdapter(type_).validate_python(file(PNG, "a.png", "image/png"))

    assert upload.read() == PNG


@pytest.mark.parametrize("types", [(), ("image",), ("*/*",), ("image/*;q=1",), ("",), ("pdf",)])
def test_bad_type_is_an_error_at_once(types):
    with pytest.raises(ValueError, match="AcceptTypes"):
        AcceptTypes(*types)
