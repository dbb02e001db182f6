// The npm package devalue at work, for node.py: one question in JSON a line, one answer a line.
//
// node devalue.mjs <folder of devalue>; the first line is the value.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { parse, stringify } = await import(pathToFileURL(`${process.argv[2]}/index.js`));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const value = JSON.parse((await lines.next()).value);
const text = stringify(value);
const works = { write: () => stringify(value), read: () => parse(text) };

let last;
const answers = {
  // What the work gives, as text.
  show: (work) => (work === "write" ? works.write() : JSON.stringify(works.read())),
  repeat: (work, times) => {
    for (let time = 0; time < times; time++) last = works[work]();
  },
  // The CPU time of the whole process so far, in microseconds.
  spent: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

for await (const line of lines) {
  const [name, ...rest] = JSON.parse(line);
  console.log(JSON.stringify(answers[name](...rest) ?? null));
}
