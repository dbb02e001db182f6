// The npm package on the other end of a pipe: one question in JSON a line, one answer a line.
//
// node peer.mjs <folder of devalue> <folder of @js-temporal/polyfill>

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const [devalue, polyfill] = process.argv.slice(2);
const { parse, stringify } = await import(pathToFileURL(`${devalue}/index.js`));
globalThis.Temporal = (await import(pathToFileURL(`${polyfill}/dist/index.esm.js`))).Temporal;

class Vector {
  constructor(parts) {
    this.parts = parts;
  }
}
const reducers = { Vector: (value) => value instanceof Vector && value.parts };
const revivers = { Vector: (parts) => new Vector(parts) };

const answers = {
  // The text that the package writes of what it read.
  echo: (text) => stringify(parse(text, revivers), reducers),
  // The same with what Astro adds to the package.
  astro: (text) => stringify(parse(text, { URL: (href) => new URL(href) }), { URL: (value) => value instanceof URL && value.href }),
  // What a program says of the value that was read.
  tell: (text, program) => new Function("value", `return ${program}`)(parse(text, revivers)),
  // The text of the value of a program.
  write: (program) => stringify(new Function("Vector", `return ${program}`)(Vector), reducers),
  // Where the package refuses to write the value of a program.
  refuse: (program) => {
    try {
      stringify(new Function(`return ${program}`)());
    } catch (error) {
      return error.path;
    }
    throw new Error("it was written");
  },
  same: (one, other) => isDeepStrictEqual(parse(one, revivers), parse(other, revivers)),
  make: (seed) => stringify(new Maker(seed).value(4), reducers),
};

const TEXTS = [
  "", "a", "1", "true", "null", "</script><!--", "\u2028\u2029", "\u0000\u001f\u007f\b\f\n\r\t", '"\\/', "ünï",
  "😀", "\ud800", "\udc00\ud800", "__proto_", "constructor", "Date", "-1", "a".repeat(50),
];
const NUMBERS = [
  0, 1, -1, -0, NaN, Infinity, -Infinity, 0.1, 1e21, 1e-7, 1e-6, 123456.789e-9, 1.5e300, 5e-324, 2 ** 53 - 1, 2 ** 53,
  -(2 ** 60), 1e20, 123456789012345680000, 0.000012345, 1 / 3, 100.5,
];
const BIGINTS = [0n, 1n, -1n, 2n ** 53n, 2n ** 64n, -(10n ** 40n)];
const TYPED = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];

// Values of all kinds that Python reads and writes without a loss; the same ones for the same seed.
class Maker {
  constructor(seed) {
    this.state = seed;
    this.made = [];
  }

  random() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  one(list) {
    return list[this.below(list.length)];
  }

  many(depth) {
    return Array.from({ length: this.below(5) }, () => this.value(depth - 1));
  }

  own(value, fill = () => {}) {
    this.made.push(value);
    fill(value);
    return value;
  }

  number() {
    return this.below(2) ? this.one(NUMBERS) : (this.random() - 0.5) * 10 ** this.below(30);
  }

  leaf() {
    switch (this.below(12)) {
      case 0: return this.below(100);
      case 1: return this.number();
      case 2: return this.one(BIGINTS);
      case 3: return this.one([true, false, null, undefined]);
      case 4: return this.own(new Date(this.below(2 ** 42) - 2 ** 40));
      case 5: return this.own(new RegExp(this.one(["a+", "(?<x>[<>])\\k<x>", "/", ""]), this.one(["", "gi", "msy"])));
      case 6: return this.own(new URL(this.one(["https://example.com", "https://a.b:8/c?d=<e>#f", "mailto:a@b.c"])));
      case 7: return this.own(new URLSearchParams(this.one(["", "a=1&a=2&b=ü+%26", "~=*"])));
      case 8: return this.own(this.typed());
      default: return this.one(TEXTS);
    }
  }

  typed() {
    const Type = this.one(TYPED);
    const big = Type === BigInt64Array || Type === BigUint64Array;
    return Type.from(Array.from({ length: this.below(5) }, () => (big ? BigInt(this.below(100)) : this.below(100))));
  }

  value(depth) {
    if (depth === 0) return this.leaf();
    switch (this.below(12)) {
      case 0: return this.own({}, (own) => {
        for (const value of this.many(depth)) own[this.one(TEXTS)] = value;
      });
      case 1: case 2: return this.own({}, (own) => {
        for (const key of ["id", "title", "tags", "a b"].slice(this.below(4))) own[key] = this.value(depth - 1);
      });
      case 3: case 4: return this.own([], (own) => own.push(...this.many(depth)));
      case 5: return this.own(new Set(), (own) => this.many(depth).forEach((value) => own.add(value)));
      case 6: return this.own(new Map(), (own) => {
        for (const value of this.many(depth)) own.set(this.value(this.below(depth)), value);
      });
      case 7: return this.own([], (own) => {
        own.length = this.below(60);
        if (own.length) own[this.below(own.length)] = this.value(depth - 1);
      });
      case 8: return this.own(new Vector(null), (own) => (own.parts = this.many(1)));
      case 9: case 10: return this.made.length ? this.one(this.made) : {};
      default: return this.leaf();
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = JSON.parse(line).map(([question, ...values]) => {
    try {
      return { answer: answers[question](...values) };
    } catch (error) {
      return { error: `${error.name}: ${error.message}` };
    }
  });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
