// The actions in a file of declarations, as TypeScript itself sees them.

import { createRequire } from "node:module";

/** @param {string} folder - of typescript */
export const read = (folder, declarations) => {
  const ts = createRequire(import.meta.url)(folder);
  const program = ts.createProgram([declarations], {
    strict: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  });
  const checker = program.getTypeChecker();
  const [module] = checker.getAmbientModules().filter(({ name }) => name.includes("client.js"));
  const actions = checker.getTypeOfSymbol(
    checker.getExportsOfModule(module).find(({ name }) => name === "actions"),
  );
  return { ts, checker, actions };
};
