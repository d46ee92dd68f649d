// A script that cannot be read, in the words of the original's runner, which its own cases expect.

import type { RequestError } from '../../src/base/request-error.ts';

export class ScriptError extends Error {
  /** What is wrong with a whole line; `index` is counted from 0. */
  static atLine(index: number, message: string): ScriptError {
    return new ScriptError(`${index + 1}:1: parse error: ${message}`);
  }

  /** What is wrong with an `eval` command; `line` is counted from 1. */
  static inEval(expr: string, line: number, message: string): ScriptError {
    return new ScriptError(`error in eval ${expr} (line ${line}): ${message}`);
  }

  /** A parser's error, whose position is moved from the text that it read to the line at `index` and the column where that text begins. */
  static ofParser({ message }: RequestError, index: number, column: number): ScriptError {
    const [, , at, rest] = /^(\d+):(\d+): ([\s\S]*)$/.exec(message) ?? [];
    return new ScriptError(at === undefined ? message : `${index + 1}:${Number(at) + column}: ${rest}`);
  }
}
