// Loaded before a test run (`--import`), it gives one source file another text: CHAPPE_MUTANT_TEXT in the place of
// CHAPPE_MUTANT_FILE. Nothing is copied, and whatever imports the file gets the mutant.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const { CHAPPE_MUTANT_FILE: file, CHAPPE_MUTANT_TEXT: text } = process.env;

if (file !== undefined && text !== undefined) {
  const target = pathToFileURL(file).href;
  registerHooks({
    load: (url, context, nextLoad) =>
      url === target
        ? { format: "module-typescript", source: readFileSync(text, "utf8"), shortCircuit: true }
        : nextLoad(url, context),
  });
}
