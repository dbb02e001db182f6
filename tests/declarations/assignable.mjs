// Which of the actions' types may stand where which other one is asked for, by TypeScript itself: one
// line of JSON, {"input": {"action>other": true}, "data": …, "field": …}.
//
// node assignable.mjs <folder of typescript> <declarations>

import { createRequire } from "node:module";

const [folder, declarations] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(folder);
const program = ts.createProgram([declarations], {
  strict: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
});
const checker = program.getTypeChecker();
const [module] = checker.getAmbientModules().filter(({ name }) => name.includes("client.js"));
const actions = checker.getTypeOfSymbol(
  checker.getExportsOfModule(module).find(({ name }) => name === "actions"),
);

const told = {};
for (const way of ["input", "data", "field"]) {
  const types = checker.getPropertiesOfType(actions).map((action) => {
    const [said] = checker.getTypeArguments(checker.getTypeOfSymbol(action));
    return [action.name, checker.getTypeOfSymbol(checker.getPropertyOfType(said, way))];
  });
  told[way] = Object.fromEntries(
    types.flatMap(([one, mine]) =>
      types.map(([two, asked]) => [`${one}>${two}`, checker.isTypeAssignableTo(mine, asked)]),
    ),
  );
}
console.log(JSON.stringify(told));
