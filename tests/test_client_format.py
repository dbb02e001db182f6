"""The client's reader and writer of devalue's text, against the npm package; and its size."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.node import node, npm_package

CLIENT = Path(__file__).parent.parent / "static" / "actions.js"
PEER = Path(__file__).parent / "devalue" / "client.mjs"
VALUES = 1000


def run(*arguments: object) -> Any:
    done = subprocess.run(
        [node(), *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_client_and_package_read_each_other():
    failed = run(PEER, npm_package("devalue", "5.9.4"), CLIENT, VALUES)

    assert failed == {"read": [], "written": []}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("new (class Cart {})()", id="class"),
        pytest.param("() => 1", id="function"),
        pytest.param("{ a: [Symbol('s')] }", id="symbol inside"),
        pytest.param("new Error('no')", id="error"),
        pytest.param("Promise.resolve(1)", id="promise"),
        pytest.param("new Blob(['x'])", id="file"),
    ],
)
def test_client_refuses_to_write_what_has_no_text(value):
    program = f"""
        import {{ stringify }} from "{CLIENT.as_uri()}";
        let said = "written";
        try {{ stringify({value}) }} catch (error) {{ said = `${{error}}` }}
        console.log(JSON.stringify(said));
    """

    said = run("--input-type=module", "-e", program)

    assert said.startswith("TypeError: ")
    assert "cannot be sent: use a FormData" in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[["Vector",1],1]', id="unknown type"),
        pytest.param('[{"__proto__":1},1]', id="prototype"),
        pytest.param('[["null","__proto__",1],1]', id="prototype of an object without one"),
        pytest.param('[["eval","1"]]', id="a function's name"),
        pytest.param("[", id="no JSON"),
        pytest.param("{}", id="object"),
        pytest.param('"x"', id="text alone"),
        pytest.param("5", id="number alone"),
        pytest.param('[["BigInt","x"]]', id="no number"),
    ],
)
def test_client_refuses_to_read_what_is_no_value(text):
    program = f"""
        import {{ parse }} from "{CLIENT.as_uri()}";
        let said = "read";
        try {{ parse({json.dumps(text)}) }} catch (error) {{ said = error.name }}
        console.log(JSON.stringify(said));
    """

    assert run("--input-type=module", "-e", program) in ("TypeError", "SyntaxError")


@pytest.mark.parametrize("value", ["-1", "-5", "-7", "-100", "-0.5", "'-1'", "[undefined]"])
def test_client_reads_what_is_below_zero_as_it_was_written(value):
    program = f"""
        import {{ isDeepStrictEqual }} from "node:util";
        import {{ stringify }} from "{npm_package("devalue", "5.9.4").as_uri()}/index.js";
        import {{ parse }} from "{CLIENT.as_uri()}";
        console.log(isDeepStrictEqual(parse(stringify({value})), {value}));
    """

    assert run("--input-type=module", "-e", program) is True


def test_client_is_smaller_than_4_kibibytes_compressed():
    assert len(gzip.compress(CLIENT.read_bytes(), 9, mtime=0)) < 4096
