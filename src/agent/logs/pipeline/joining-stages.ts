// Stages that make one line of several: `multiline`, `cri`, `docker`. What they hold back is theirs alone, per file and stream, and bounded.

import { z } from 'zod';

import { compilePipeline } from '../../../logs/logql/compile-pipeline.ts';
import { LineLabels } from '../../../logs/logql/line-labels.ts';
import { NO_LABELS } from '../../../query/labels.ts';
import type { Emit, Entry, Stage } from './entry.ts';
import type { StageKind } from './stage-settings.ts';
import { compilePattern, durationSetting, stageKind, textSetting } from './stage-settings.ts';
import { timeReader } from './timestamp-stage.ts';

const STREAMS_MAX = 1000;
/** Characters that one line may become by joining. */
const JOINED_LENGTH_MAX = 1024 * 1024;
/** The end of a line that a container's runtime has split comes soon, or never. */
const PARTIAL_WAIT_MS = 10_000;

interface Block {
  /** The first line: its time, labels and origin are those of the whole. */
  readonly entry: Entry;
  readonly lines: string[];
  length: number;
  dueMs: number;
}

/** Lines that wait for more, by stream, the oldest first. */
class Blocks {
  readonly #blocks = new Map<string, Block>();
  readonly #separator: string;

  constructor(separator: string) {
    this.#separator = separator;
  }

  get(stream: string): Block | undefined {
    return this.#blocks.get(stream);
  }

  /** Adds a line to the stream's block, or begins one. */
  add(stream: string, entry: Entry, { dueMs, emit }: { readonly dueMs: number; readonly emit: Emit }): Block {
    const known = this.#blocks.get(stream);
    const block = known ?? { entry, lines: [], length: 0, dueMs };
    if (known === undefined) {
      const [oldest] = this.#blocks.size >= STREAMS_MAX ? this.#blocks.keys() : [];
      if (oldest !== undefined) this.give(oldest, emit);
      this.#blocks.set(stream, block);
    }
    block.lines.push(entry.line);
    block.length += entry.line.length;
    block.dueMs = dueMs;
    if (block.length > JOINED_LENGTH_MAX) this.give(stream, emit);
    return block;
  }

  give(stream: string, emit: Emit): void {
    const block = this.#blocks.get(stream);
    if (block === undefined) return;
    this.#blocks.delete(stream);
    block.entry.line = block.lines.join(this.#separator);
    emit(block.entry);
  }

  flush(nowMs: number, emit: Emit): void {
    for (const [stream, { dueMs }] of this.#blocks) if (dueMs <= nowMs) this.give(stream, emit);
  }

  held(): number | undefined {
    let least: number | undefined;
    for (const { entry } of this.#blocks.values()) if (least === undefined || entry.origin < least) least = entry.origin;
    return least;
  }
}

function streamOf({ labels }: Entry): string {
  return labels.size === 0 ? '' : JSON.stringify([...labels]);
}

const multiline = z.strictObject({
  firstline: textSetting,
  max_wait_time: durationSetting.default(3000),
  max_lines: z.int('is not a whole number').min(0).default(128),
});

export const multilineKind: StageKind = stageKind(multiline, ({ firstline, max_wait_time: waitMs, max_lines: linesMax }) => {
  const first = compilePattern(firstline);
  return ({ nowMs }) =>
    () => {
      const blocks = new Blocks('\n');
      const begun = new Set<string>();
      const stage: Stage = {
        process(entry, emit) {
          const stream = streamOf(entry);
          const isFirst = first.test(entry.line);
          // Before the first beginning nobody knows where a block began.
          if (!isFirst && !begun.has(stream)) return emit(entry);
          if (isFirst) blocks.give(stream, emit);
          if (begun.size >= STREAMS_MAX) begun.clear();
          begun.add(stream);
          const block = blocks.add(stream, entry, { dueMs: nowMs() + waitMs, emit });
          if (block.lines.length === linesMax) blocks.give(stream, emit);
        },
        flush: (dueMs, emit) => blocks.flush(dueMs, emit),
        held: () => blocks.held(),
      };
      return stage;
    };
});

const cri = z.strictObject({ max_partial_lines: z.int().min(1).default(100) });
const rfc3339 = timeReader('RFC3339Nano');

/** `2026-01-02T03:04:05.000000006Z stdout F the line`: what container runtimes write under Kubernetes. */
export const criKind: StageKind = stageKind(cri, ({ max_partial_lines: linesMax }) => ({ nowMs }) => () => {
  const blocks = new Blocks('');
  return {
    process(entry, emit) {
      const found = /^(\S+) (stdout|stderr) (\S+) ([^]*)$/.exec(entry.line);
      if (found === null) return emit(entry);
      const [, time = '', stream = '', flags = '', content = ''] = found;
      setContainerFields(entry, { time, stream, content, nowMs: nowMs() });
      entry.extracted.set('flags', flags);
      join({ blocks, entry, isPartial: flags.split(':')[0] === 'P', linesMax, dueMs: nowMs() + PARTIAL_WAIT_MS }, emit);
    },
    flush: (dueMs, emit) => blocks.flush(dueMs, emit),
    held: () => blocks.held(),
  };
});

/** `{"log":"the line\n","stream":"stdout","time":"…"}`: what Docker's json-file driver writes; a line without its end goes on in the next record. */
export const dockerKind: StageKind = stageKind(z.strictObject({}), () => ({ nowMs }) => {
  const place = { from: 0, to: 0 };
  const extractions = ['log', 'stream', 'time'].map((name) => ({ ...place, label: name, expression: name }));
  const pipeline = compilePipeline([{ kind: 'json', ...place, extractions }]);
  const labels = new LineLabels();
  return () => {
    const blocks = new Blocks('');
    return {
      process(entry, emit) {
        labels.reset(NO_LABELS, NO_LABELS);
        pipeline.process({ tsNs: 0n, text: entry.line, labels });
        const log = labels.get('log');
        if (labels.error !== '' || log === undefined) return emit(entry);
        const content = log.replace(/\r?\n$/, '');
        setContainerFields(entry, { time: labels.get('time') ?? '', stream: labels.get('stream') ?? '', content, nowMs: nowMs() });
        join({ blocks, entry, isPartial: content === log && log !== '', linesMax: Infinity, dueMs: nowMs() + PARTIAL_WAIT_MS }, emit);
      },
      flush: (dueMs, emit) => blocks.flush(dueMs, emit),
      held: () => blocks.held(),
    };
  };
});

interface ContainerFields {
  readonly time: string;
  readonly stream: string;
  readonly content: string;
  readonly nowMs: number;
}

function setContainerFields(entry: Entry, { time, stream, content, nowMs }: ContainerFields): void {
  entry.extracted.set('stream', stream).set('output', content).set('content', content).set('timestamp', time).set('time', time);
  if (stream !== '') entry.labels.set('stream', stream);
  entry.tsNs = rfc3339(time, nowMs) ?? entry.tsNs;
  entry.line = content;
}

interface Joining {
  readonly blocks: Blocks;
  readonly entry: Entry;
  readonly isPartial: boolean;
  readonly linesMax: number;
  readonly dueMs: number;
}

function join({ blocks, entry, isPartial, linesMax, dueMs }: Joining, emit: Emit): void {
  const stream = streamOf(entry);
  if (!isPartial && blocks.get(stream) === undefined) return emit(entry);
  const block = blocks.add(stream, entry, { dueMs, emit });
  if (!isPartial || block.lines.length >= linesMax) blocks.give(stream, emit);
}
