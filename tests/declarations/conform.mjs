// Whether what arrives is what the declarations say: one line of JSON with the first misfit of each
// answer, or null. In comes a JSON list of [action, text]: devalue's text, or null for no answer.
//
// node conform.mjs <folder of typescript> <declarations> <our client>

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { read } from "./program.mjs";

const [folder, declarations, file] = process.argv.slice(2);
const { ts, checker, actions } = read(folder, declarations);
const { parse } = await import(pathToFileURL(file));
const answers = JSON.parse(readFileSync(0, "utf8"));

const member = (type, name) => checker.getTypeOfSymbol(checker.getPropertyOfType(type, name));
const dataOf = (action) => member(checker.getTypeArguments(member(actions, action))[0], "data");
const first = (values, check) => {
  for (const value of values) {
    const problem = check(value);
    if (problem) return problem;
  }
  return null;
};

const CLASSES = { Date, URL, Uint8Array, Map, Set };
const PLAIN = {
  [ts.TypeFlags.String]: "string", [ts.TypeFlags.Number]: "number", [ts.TypeFlags.BigInt]: "bigint",
  [ts.TypeFlags.Undefined]: "undefined",
};

function misfit(value, type, at) {
  const wrong = `${at} is ${value?.constructor?.name ?? value}, not ${checker.typeToString(type)}`;
  if (type.flags & ts.TypeFlags.Unknown) return null;
  if (type.isUnion()) {
    const problems = type.types.map((one) => misfit(value, one, at));
    return problems.includes(null) ? null : problems.at(-1);
  }
  if (value === null || type.flags & ts.TypeFlags.Null) return value === null && type.flags & ts.TypeFlags.Null ? null : wrong;
  if (type.isLiteral()) return value === type.value ? null : wrong;
  if (type.flags & ts.TypeFlags.BooleanLiteral) return `${value}` === type.intrinsicName ? null : wrong;
  if (type.flags in PLAIN) return typeof value === PLAIN[type.flags] ? null : wrong;
  const parts = checker.getTypeArguments(type);
  if (checker.isTupleType(type)) {
    if (!Array.isArray(value) || value.length < type.target.minLength) return wrong;
    return first(value.keys(), (i) => misfit(value[i], parts[Math.min(i, parts.length - 1)], `${at}[${i}]`));
  }
  if (checker.isArrayType(type)) {
    if (!Array.isArray(value)) return wrong;
    return first(value.keys(), (i) => misfit(value[i], parts[0], `${at}[${i}]`));
  }
  const name = type.symbol?.name;
  if (name in CLASSES) {
    if (!(value instanceof CLASSES[name])) return wrong;
    if (name === "Set") return first(value, (one) => misfit(one, parts[0], `${at}<>`));
    if (name !== "Map") return null;
    return first(value, ([key, one]) => misfit(key, parts[0], `${at}<>`) ?? misfit(one, parts[1], `${at}[${key}]`));
  }
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return wrong;
  const any = checker.getIndexInfoOfType(type, ts.IndexKind.String)?.type;
  const known = new Map(checker.getPropertiesOfType(type).map((one) => [one.name, one]));
  for (const [key, one] of known) {
    if (!(key in value) && !(one.flags & ts.SymbolFlags.Optional)) return `${at}.${key} is missing`;
  }
  return first(Object.entries(value), ([key, one]) => {
    const type = known.has(key) ? checker.getTypeOfSymbol(known.get(key)) : any;
    return type ? misfit(one, type, `${at}.${key}`) : `${at}.${key} is not declared`;
  });
}

const told = answers.map(([action, text]) =>
  misfit(text === null ? undefined : parse(text), dataOf(action), "data"),
);
console.log(JSON.stringify(told));
