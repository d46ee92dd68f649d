// The house rules as a test: first that each rule catches what it is for, then that the project keeps them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rules, violationsOf } from './house/rules.ts';
import { parseSource, projectFiles, projectSources, readText } from './house/source.ts';

interface Exception {
  readonly path: string;
  readonly rule: string;
  readonly reason: string;
}

/** Files that break a rule for a reason. One that no longer breaks it is a failure too. */
const exceptions: readonly Exception[] = [];

const opening = '// A file that says what it is.\n';

/** `[what breaks, path, text, rule]` */
const broken: readonly (readonly [string, string, string, string])[] = [
  ['no header', 'src/a.ts', 'export const a = 1;\n', 'header'],
  ['a header of one word', 'src/a.ts', '// TODO\n', 'header'],
  ['a long function', 'src/a.ts', `${opening}export function f() {\n${'  g();\n'.repeat(69)}}\n`, 'function-lines'],
  ['a long method', 'src/a.ts', `${opening}class A {\n  m() {\n${'  g();\n'.repeat(69)}}\n}\n`, 'function-lines'],
  ['a long arrow function', 'src/a.ts', `${opening}const f = () => {\n${'  g();\n'.repeat(69)}};\n`, 'function-lines'],
  ['a long component', 'ui/A.tsx', `${opening}export function A() {\n${'  g();\n'.repeat(99)}}\n`, 'function-lines'],
  ['five parameters', 'src/a.ts', `${opening}function f(a, b, c, d, e) {}\n`, 'parameters'],
  ['an enum', 'src/a.ts', `${opening}enum A { b }\n`, 'syntax'],
  ['a namespace', 'src/a.ts', `${opening}namespace A {}\n`, 'syntax'],
  ['any', 'src/a.ts', `${opening}let a: any;\n`, 'syntax'],
  ['a non-null assertion', 'src/a.ts', `${opening}b(a!);\n`, 'syntax'],
  ['a parameter property', 'src/a.ts', `${opening}class A { constructor(private a: string) {} }\n`, 'syntax'],
  ['a decorator', 'src/a.ts', `${opening}@a class A {}\n`, 'syntax'],
  ['a default export', 'src/a.ts', `${opening}export default 1;\n`, 'syntax'],
  ['export *', 'src/a.ts', `${opening}export * from './b.ts';\nexport const a = 1;\n`, 'syntax'],
  ['a double assertion', 'src/a.ts', `${opening}b(a as unknown as string);\n`, 'double-assertion'],
  ['a second version', 'src/a.ts', `${opening}function parseV2() {}\n`, 'version-names'],
  ['a second version of a file', 'src/parse-v2.ts', opening, 'version-names'],
  ['a file name in camel case', 'src/parseQuery.ts', opening, 'file-name'],
  ['a component in kebab case', 'ui/time-range.tsx', opening, 'file-name'],
  ['a file called types', 'src/metrics/types.ts', opening, 'file-name'],
  ['a folder called utils', 'src/utils/text.ts', opening, 'file-name'],
  ['the environment', 'src/metrics/a.ts', `${opening}a(process.env.HOME);\n`, 'environment'],
  ['the environment in brackets', 'src/metrics/a.ts', `${opening}a(process['env']);\n`, 'environment'],
  ['console', 'src/metrics/a.ts', `${opening}console.error('a');\n`, 'console'],
  ['a barrel', 'src/metrics/a.ts', `${opening}export { a } from './b.ts';\nexport { c } from './d.ts';\n`, 'barrel'],
];

/** `[what is allowed, path, text]` */
const kept: readonly (readonly [string, string, string])[] = [
  ['a function of 70 lines', 'src/a.ts', `${opening}export function f() {\n${'  g();\n'.repeat(68)}}\n`],
  ['a hot loop that says so', 'src/a.ts', `${opening}// hot: every sample passes here\nexport function f() {\n${'  g();\n'.repeat(90)}}\n`],
  ['a hot loop documented', 'src/a.ts', `${opening}/**\n * Reads.\n * hot: 3 M/s\n */\nexport function f() {\n${'  g();\n'.repeat(90)}}\n`],
  ['`this` beside four parameters', 'src/a.ts', `${opening}function f(this: A, a, b, c, d) {}\n`],
  ['as const', 'src/a.ts', `${opening}const a = ['b'] as const;\n`],
  ['the settings', 'src/config.ts', `${opening}a(process.env);\n`],
  ['a command that prints', 'src/cli/a.ts', `${opening}console.log('a');\n`],
  ['a page about services', 'ui/page/services/Services.tsx', opening],
  ['a tool that wants its default export', 'ui/vite.config.ts', `${opening}export default {};\n`],
  ['words that end in v and a digit', 'src/a.ts', `${opening}const ipv4 = 1; const BASE_V = 2;\n`],
];

test('every rule catches what it is for', () => {
  for (const [what, path, text, rule] of broken) {
    const found = violationsOf(parseSource(path, text)).map((violation) => violation.rule);
    assert.deepEqual([...new Set(found)], [rule], what);
  }
  assert.deepEqual([...new Set(broken.map(([, , , rule]) => rule))].sort(), rules.map((rule) => rule.name).sort(), 'a rule without a case');
});

test('no rule catches what is allowed', () => {
  for (const [what, path, text] of kept) assert.deepEqual(violationsOf(parseSource(path, text)), [], what);
});

test('the project keeps the house rules', () => {
  const found = projectSources().flatMap((file) => violationsOf(file));
  assert.ok(projectSources().length > 10, 'the project has sources');
  const excused = (path: string, rule: string): boolean => exceptions.some((each) => each.path === path && each.rule === rule);
  const told = found.filter(({ path, rule }) => !excused(path, rule)).map((each) => `${each.path}:${each.line}: ${each.message}`);
  assert.deepEqual(told, []);
  const idle = exceptions.filter(({ path, rule }) => !found.some((each) => each.path === path && each.rule === rule));
  assert.deepEqual(idle, [], 'exceptions that nothing needs');
});

// Bracketed, so that this line is not what it looks for.
const machine = /(?<![\w.}])\/(?:[w]ork|[r]oot|[h]ome\/[a-z]+|[U]sers\/[a-z]+)\//;

test('no file names a path of somebody’s machine', () => {
  assert.match(['see ', 'work', 'main'].join('/'), machine);
  const texts = projectFiles().filter(
    (path) => path !== 'package-lock.json' && /\.(tsx?|mjs|json|md|ya?ml|sh|css|html)$|^\.ci\//.test(path),
  );
  const found = texts.flatMap((path) =>
    readText(path)
      .split('\n')
      .flatMap((line, at) => (machine.test(line) ? [`${path}:${at + 1}: ${line.trim().slice(0, 100)}`] : [])),
  );
  assert.deepEqual(found, []);
});
