// What our client reads of the npm package's text, and the package of ours: one line of JSON with
// the seeds of the values that did not come through.
//
// node client.mjs <folder of devalue> <our client> <number of values>

import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const [folder, file, number] = process.argv.slice(2);
const devalue = await import(pathToFileURL(`${folder}/index.js`));
const client = await import(pathToFileURL(file));

const LEAVES = [
  () => "", () => "a", () => "1", () => "</script>\u2028😀\ud800", () => "Date", () => 0, () => -0, () => -5, () => 1.5e300,
  () => NaN, () => Infinity, () => -Infinity, () => 2 ** 53, () => true, () => null, () => undefined, () => 10n ** 40n,
  () => 1n, () => new Date(1e12), () => new Date(NaN), () => /a<\/b/gi, () => /x/, () => new URL("https://a.b/c?d#e"),
  () => new Uint8Array([1, 2, 255]), () => new Float64Array([0.1]), () => new BigInt64Array([-1n]),
  () => new Uint8Array([1, 2, 3, 4]).subarray(1, 3), () => new Uint8Array([7, 8]).buffer, () => [],
  () => new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2), () => new Int16Array([1, 2, 3]).subarray(1),
];
// What the client reads and has no need to send.
const READ_ONLY = [
  () => Object.create(null), () => new URLSearchParams("a=1&a=ü"),
  () => Object.assign([], { length: 90, 40: "x" }),
];

function maker(seed, leaves) {
  const made = [];
  const random = (limit) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const fill = (depth, add) => {
    for (let i = random(4); i > 0; i--) add(value(depth - 1), i);
  };
  const own = (whole) => (made.push(whole), whole);
  const value = (depth) => {
    const kind = depth ? random(8) : 7;
    const whole = own([{}, [], new Set(), new Map(), [], {}][kind] ?? null);
    if (kind === 0 || kind === 5) fill(depth, (one, i) => (whole[["a", "b c", "1", "length"][i % 4]] = one));
    else if (kind === 1) fill(depth, (one) => whole.push(one));
    else if (kind === 2) fill(depth, (one) => whole.add(one));
    else if (kind === 3) fill(depth, (one) => whole.set(value(0), one));
    else if (kind === 4) fill(depth, (one, i) => (whole[i] = one)); // holes
    else if (kind === 6) return made[random(made.length)]; // shared, or a cycle
    else return own(leaves[random(leaves.length)]());
    return whole;
  };
  return value(4);
}

const same = (one, other) => isDeepStrictEqual(one, other) && devalue.stringify(one) === devalue.stringify(other);
const failed = { read: [], written: [] };
for (let seed = 0; seed < Number(number); seed++) {
  const read = maker(seed, [...LEAVES, ...READ_ONLY]);
  if (!same(client.parse(devalue.stringify(read)), read)) failed.read.push(seed);
  const sent = maker(seed, LEAVES);
  if (!same(devalue.parse(client.stringify(sent)), sent)) failed.written.push(seed);
}
console.log(JSON.stringify(failed));
