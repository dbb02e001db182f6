// Astro's own client, as it stands in the npm package: one program in JSON a line, one answer a line.
//
// node client.mjs <folder of astro> <of @astrojs/internal-helpers> <of devalue> <base URL>

import { registerHooks } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [astro, helpers, devalue, base] = process.argv.slice(2);
const packages = {
  devalue: `${devalue}/index.js`,
  "@astrojs/internal-helpers/path": `${helpers}/dist/path.js`,
};
// What Vite puts in these places when it builds a site: Astro's defaults, for a site at the base.
const virtual = {
  "virtual:astro:actions/options": "export const shouldAppendTrailingSlash = true;",
  "virtual:astro:adapter-config/client": "export const internalFetchHeaders = {};",
};
const environment = `import.meta.env = ${JSON.stringify({ BASE_URL: base, PROD: true })};`;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier in virtual) return { url: specifier, format: "module", shortCircuit: true };
    return next(specifier in packages ? pathToFileURL(packages[specifier]).href : specifier, context);
  },
  load(url, context, next) {
    if (url in virtual) return { format: "module", source: virtual[url], shortCircuit: true };
    const loaded = next(url, context);
    if (!url.includes("/actions/runtime/")) return loaded;
    return { ...loaded, source: environment + String(loaded.source) };
  },
});

const client = await import(pathToFileURL(`${astro}/dist/actions/runtime/entrypoints/client.js`));
const { stringify, parse } = await import(pathToFileURL(packages.devalue));
const tools = { ...client, stringify, parse, base };
const AsyncFunction = (async () => {}).constructor;

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const program = new AsyncFunction(...Object.keys(tools), JSON.parse(line));
    answer = { answer: await program(...Object.values(tools)) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
