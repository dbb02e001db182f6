// Which of the actions' types may stand where which other one is asked for, by TypeScript itself: one
// line of JSON, {"input": {"action>other": true}, "data": …, "field": …}.
//
// node assignable.mjs <folder of typescript> <declarations>

import { read } from "./program.mjs";

const [folder, declarations] = process.argv.slice(2);
const { checker, actions } = read(folder, declarations);

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
