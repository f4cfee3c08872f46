// One small change at a time to a source text: comparisons, logic, arithmetic, conditions decided beforehand,
// statements left out. Comments, strings, and texts that are no program any more do not count.

import { stripTypeScriptTypes } from "node:module";

export interface Mutant {
  /** Counted from 1. */
  readonly line: number;
  /** The line before and after, without the space around it. */
  readonly from: string;
  readonly to: string;
  /** The whole file with the change. */
  readonly text: string;
}

type Change = readonly [RegExp, readonly string[]];

const changes: readonly Change[] = [
  [/ === /g, [" !== "]],
  [/ !== /g, [" === "]],
  [/ < /g, [" <= ", " >= "]],
  [/ <= /g, [" < ", " > "]],
  [/ > /g, [" >= ", " <= "]],
  [/ >= /g, [" > ", " < "]],
  [/ && /g, [" || "]],
  [/ \|\| /g, [" && "]],
  [/ \?\? /g, [" && "]],
  [/ \?\?= /g, [" = "]],
  [/ \+ /g, [" - "]],
  [/ - /g, [" + "]],
  [/ [+-] 1\b/g, [""]],
  [/(?<=\w) \* /g, [" / "]],
  [/ \/ /g, [" * "]],
  [/ % /g, [" * "]],
  [/ \*\* /g, [" * "]],
  [/ \| (?=\()/g, [" & "]],
  [/ & (?=\w+Mask|\w+Bit)/g, [" | "]],
  [/ << /g, [" >> "]],
  [/ \+= /g, [" -= ", " = "]],
  [/ -= /g, [" += "]],
  [/\+\+/g, ["--"]],
  [/--(?=[\w.#]| ===)/g, ["++"]],
  [/\btrue\b/g, ["false"]],
  [/\bfalse\b/g, ["true"]],
  [/(?<=[\s(])!(?=[\w(])/g, [""]],
  [/\?\./g, ["."]],
  [/Math\.max/g, ["Math.min"]],
  [/Math\.min/g, ["Math.max"]],
  [/\bcontinue;/g, ["break;"]],
  [/\bbreak;/g, ["continue;"]],
];

const decision =
  /^(\s*(?:\} else )?(?:if|while) )\((.*)\)( \{| return\b.*;| continue;| break;| [\w.#]+\(.*;|)$/;
const statement =
  /^(\s+)(?!(?:return|const|let|if|for|while|else|throw|case|readonly|import|export|get|set)\b)[\w].*;$/;
const declaration = /\): [\w| ]+;$|^\s+\w+\??: [\w| <>,]+;$/;

/** Comments, strings and regular expressions as spaces of the same length; templates with what they hold. */
function masked(line: string): string {
  const blank = (found: string): string => " ".repeat(found.length);
  return line
    .replace(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\^.*?\$\//g, (found) => `"${blank(found).slice(2)}"`)
    .replace(/(^|\s)\/\/.*$/, blank);
}

function isBalanced(code: string): boolean {
  let depth = 0;
  for (const sign of code) {
    if ("([{".includes(sign)) depth++;
    if (")]}".includes(sign) && --depth < 0) return false;
  }
  return depth === 0;
}

/** What may stand in a line's place. */
function variantsOf(line: string, code: string): string[] {
  const variants: string[] = [];
  for (const [pattern, replacements] of changes) {
    for (const found of code.matchAll(pattern)) {
      for (const by of replacements) {
        variants.push(line.slice(0, found.index) + by + line.slice(found.index + found[0].length));
      }
    }
  }
  const decided = decision.exec(code);
  if (decided !== null && isBalanced(decided[2]!)) {
    const [before, after] = [line.slice(0, decided[1]!.length), line.slice(code.length - decided[3]!.length)];
    if (!before.trimEnd().endsWith("while")) variants.push(`${before}(true)${after}`);
    variants.push(`${before}(false)${after}`);
  }
  if (statement.test(code) && isBalanced(code) && !declaration.test(code)) {
    variants.push(`${line.slice(0, line.length - line.trimStart().length)};`);
  }
  return variants;
}

function isProgram(text: string): boolean {
  try {
    stripTypeScriptTypes(text);
    return true;
  } catch {
    return false;
  }
}

/** Every mutant of a TypeScript text, in the order of its lines. */
export function mutantsOf(text: string): Mutant[] {
  const lines = text.split("\n");
  const mutants = new Map<string, Mutant>();
  lines.forEach((line, at) => {
    if (/^\s*(\/\/|\*|\/\*|import|export (interface|type)|readonly|type )/.test(line)) return;
    for (const variant of variantsOf(line, masked(line))) {
      const changed = [...lines.slice(0, at), variant, ...lines.slice(at + 1)].join("\n");
      if (!mutants.has(changed) && isProgram(changed))
        mutants.set(changed, { line: at + 1, from: line.trim(), to: variant.trim(), text: changed });
    }
  });
  return [...mutants.values()];
}
