// Functions that templates call: what they take, in terms that the evaluation checks before the call, and what they give.

import { TemplateCallError } from './template-error.ts';
import { isObject, typeName, type Value } from './value.ts';

/** What a parameter takes; `int` is any integer, `any` everything, nil included. */
export type ParamType = 'any' | 'string' | 'int' | 'float64' | 'bool' | 'time.Time';

export interface TemplateFunction {
  readonly kind: 'function';
  readonly params: readonly ParamType[];
  /** The type of any number of further arguments. */
  readonly rest?: ParamType | undefined;
  /** Receives arguments of the types above, nil as null. Throws `TemplateCallError`. */
  readonly call: (args: readonly Value[], limits: TemplateLimits) => Value;
}

/** What an evaluation may cost. */
export interface TemplateLimits {
  /** Characters of the output and of every text on the way. */
  readonly lengthMax: number;
  /** Nodes and calls that are evaluated. */
  readonly stepsMax: number;
  /** Templates within templates. */
  readonly depthMax: number;
}

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

/** A function of the table; `params` as in Go's signature: `'int string'`, `'any ...any'`. */
export function goFunction(params: string, call: TemplateFunction['call']): TemplateFunction {
  const types = params.split(' ').filter((type) => type !== '');
  const last = types.at(-1) ?? '';
  const isVariadic = last.startsWith('...');
  return {
    kind: 'function',
    params: (isVariadic ? types.slice(0, -1) : types).map(paramType),
    rest: isVariadic ? paramType(last.slice(3)) : undefined,
    call,
  };
}

function paramType(name: string): ParamType {
  return PARAM_TYPES.get(name) ?? 'any';
}

const PARAM_TYPES: ReadonlyMap<string, ParamType> = new Map<string, ParamType>([
  ['string', 'string'],
  ['int', 'int'],
  ['float64', 'float64'],
  ['bool', 'bool'],
  ['time', 'time.Time'],
]);

/** A type as Go's messages name it. */
export function printParamType(type: ParamType): string {
  return type === 'any' ? 'interface {}' : type;
}

/** True where a value may be passed as it is. */
export function isAssignable(value: Value, type: ParamType): boolean {
  return type === 'any' || typeName(value) === type || (isObject(value) && value.typeName === type);
}

/** The text that an argument is; the evaluation has checked the type. */
export function textArg(args: readonly Value[], index: number): string {
  const value = args[index];
  return typeof value === 'string' ? value : '';
}

/** The integer that an argument is, as a number: beyond 2^53 the nearest. */
export function intArg(args: readonly Value[], index: number): number {
  const value = args[index];
  return typeof value === 'bigint' ? Number(value) : 0;
}

export function floatArg(args: readonly Value[], index: number): number {
  const value = args[index];
  return typeof value === 'number' ? value : 0;
}

/** Refuses a result that would be too long before it is made. */
export function checkLength(length: number, { lengthMax }: TemplateLimits): void {
  if (length > lengthMax) throw new TemplateCallError(`result of ${length} characters, ${lengthMax} at most`);
}
