// The kernel's clock discipline through the C library's adjtimex, called with nothing to change: the one host metric that no file tells.
//
// Source: adjtimex(2), `struct timex` on 64-bit Linux. `node:ffi` is experimental; where it, the function or the layout is missing there is no data.

import { endianness } from 'node:os';
import type { ClockState } from './host.ts';

const STRUCT_BYTES = 208;
/** `long` has 8 bytes here, and the struct's layout is the same on all of these. */
const MACHINES = new Set(['x64', 'arm64', 'riscv64', 'ppc64', 's390x', 'loong64']);
const FAILED = -1;

/** A function that asks the kernel; it answers undefined where the call cannot be made. */
export function clockStateReader(): () => ClockState | undefined {
  if (process.platform !== 'linux' || !MACHINES.has(process.arch)) return () => undefined;
  const struct = new Uint8Array(STRUCT_BYTES);
  const call = bind(struct);
  if (call === undefined) return () => undefined;
  return () => {
    // `modes` 0 changes nothing; the rest is written by the kernel.
    struct.fill(0);
    const state = call();
    return state === FAILED ? undefined : decode(struct, state);
  };
}

function bind(struct: Uint8Array): (() => number) | undefined {
  const emitWarning = process.emitWarning.bind(process);
  try {
    // The module warns that it is experimental, which is nothing to the user: where it changes, there is no clock state, and no more.
    process.emitWarning = () => undefined;
    const ffi = process.getBuiltinModule('node:ffi');
    const { functions } = ffi.dlopen(null, { adjtimex: { arguments: ['pointer'], return: 'i32' } });
    const pointer = ffi.getRawPointer(struct);
    return () => functions.adjtimex(pointer);
  } catch {
    // No such module in this runtime, no permission to use it, or no such function in this C library.
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function decode(struct: Uint8Array, state: number): ClockState {
  const view = new DataView(struct.buffer, struct.byteOffset, struct.byteLength);
  const little = endianness() === 'LE';
  const long = (at: number): number => Number(view.getBigInt64(at, little));
  return {
    state,
    offset: long(8),
    frequency: long(16),
    maxError: long(24),
    estimatedError: long(32),
    status: view.getInt32(40, little),
    constant: long(48),
    tick: long(88),
    ppsFrequency: long(96),
    jitter: long(104),
    shift: view.getInt32(112, little),
    stability: long(120),
    jitterCount: long(128),
    calibrationCount: long(136),
    errorCount: long(144),
    stabilityCount: long(152),
    tai: view.getInt32(160, little),
  };
}
