// The labels of one line while it goes through the stages of a query: those of its stream, its structured metadata, and what stages have found or changed.
//
// One object serves all lines of a query: `reset` begins the next line. Precedence: what a stage found ▶ structured metadata ▶ stream.
// The rules for names that clash (`_extracted`) and for errors are Loki's (`pkg/logql/log/labels.go`).

import { compareText, NO_LABELS } from '../../query/labels.ts';
import type { Labels } from '../../query/labels.ts';

/** Where a label comes from; answers tell them apart on demand. */
export type LabelCategory = 'stream' | 'structuredMetadata' | 'parsed';

export interface CategorizedLabels {
  readonly stream: Labels;
  readonly structuredMetadata: Labels;
  readonly parsed: Labels;
}

export const ERROR_LABEL = '__error__';
export const ERROR_DETAILS_LABEL = '__error_details__';
/** Set where a query looks at `__error__` itself: such a query wants the line and no failure. */
export const PRESERVE_ERROR_LABEL = '__preserve_error__';
/** What the name of a found label gets where stream or structured metadata have the same. */
export const DUPLICATE_SUFFIX = '_extracted';

/** A name as a line gives it, and what it becomes where it clashes. */
export interface FoundName {
  readonly name: string;
  readonly duplicate: string;
}

/** Where an entry stands, in its two lowest bits. */
const STREAM = 0;
const METADATA = 1;
const PARSED = 2;
const GONE = 3;
const PLACE = 3;
/** Once found by a stage: later stages pass over the name, even where the label has been dropped since. */
const EXTRACTED = 4;

export class LineLabels {
  #stream: Labels = NO_LABELS;
  // What differs from the stream: metadata, labels found, labels changed, and names taken away (GONE). Arrays are reused from line to line.
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #states: number[] = [];
  #count = 0;
  // The order by name of the labels of the line whose labels were asked for last, and what it was made of.
  #order: readonly number[] = [];
  #orderedStream: Labels | undefined;
  #orderedNames: readonly string[] = [];
  #orderedStates: readonly number[] = [];
  #error = '';
  #errorDetails = '';

  /** Begins a line. A name of the metadata that the stream has too becomes `<name>_extracted`. */
  reset(stream: Labels, metadata: Labels): void {
    this.#stream = stream;
    this.#count = 0;
    this.#error = '';
    this.#errorDetails = '';
    for (let i = 0; i < metadata.length; i += 2) this.#addMetadata(metadata[i] ?? '', metadata[i + 1] ?? '');
  }

  #addMetadata(name: string, value: string): void {
    if (name === ERROR_LABEL) this.#error = value;
    else if (name === ERROR_DETAILS_LABEL) this.#errorDetails = value;
    else this.set('structuredMetadata', this.hasStream(name) ? name + DUPLICATE_SUFFIX : name, value);
  }

  /** The error of the line so far, empty for none. */
  get error(): string {
    return this.#error;
  }

  get errorDetails(): string {
    return this.#errorDetails;
  }

  /** Without details those of an earlier error stay, as in Loki. */
  setError(error: string, details?: string): void {
    this.#error = error;
    if (details !== undefined) this.#errorDetails = details;
  }

  /** A label's value after the stages so far, or undefined where the line has none; `__error__` and `__error_details__` too. */
  get(name: string): string | undefined {
    if (name === ERROR_LABEL) return this.#error === '' ? undefined : this.#error;
    if (name === ERROR_DETAILS_LABEL) return this.#errorDetails === '' ? undefined : this.#errorDetails;
    const index = this.#find(name);
    if (index >= 0) return this.#place(index) === GONE ? undefined : this.#values[index];
    const stream = this.#stream;
    for (let i = 0; i < stream.length; i += 2) if (stream[i] === name) return stream[i + 1];
    return undefined;
  }

  /** Where the label comes from, or undefined where the line has none. */
  category(name: string): LabelCategory | undefined {
    const index = this.#find(name);
    if (index < 0) return this.hasStream(name) ? 'stream' : undefined;
    switch (this.#place(index)) {
      case STREAM:
        return 'stream';
      case METADATA:
        return 'structuredMetadata';
      case PARSED:
        return 'parsed';
      default:
        return undefined;
    }
  }

  /** Nothing happens where a category of higher precedence holds the name. */
  set(category: LabelCategory, name: string, value: string): void {
    const place = category === 'parsed' ? PARSED : category === 'structuredMetadata' ? METADATA : STREAM;
    const index = this.#find(name);
    if (index < 0) {
      this.#push(name, value, place === PARSED ? PARSED | EXTRACTED : place);
      return;
    }
    const held = this.#place(index);
    if (held !== GONE && held > place) return;
    this.#values[index] = value;
    this.#states[index] = (place === PARSED ? EXTRACTED : (this.#states[index] ?? 0) & EXTRACTED) | place;
  }

  /** The name under which a label that a line calls `name` has to be found; undefined where an earlier one has it. */
  freeName({ name, duplicate }: FoundName): string | undefined {
    const index = this.#find(name);
    const state = index < 0 ? 0 : (this.#states[index] ?? 0);
    if ((index >= 0 && (state & PLACE) === METADATA) || this.hasStream(name)) return this.wasExtracted(duplicate) ? undefined : duplicate;
    return (state & EXTRACTED) === 0 ? name : undefined;
  }

  /** `set('parsed', …)` for a name that is free. */
  addFound(name: string, value: string): void {
    const index = this.#find(name);
    if (index < 0) this.#push(name, value, PARSED | EXTRACTED);
    else this.set('parsed', name, value);
  }

  #push(name: string, value: string, state: number): void {
    const index = this.#count++;
    this.#names[index] = name;
    this.#values[index] = value;
    this.#states[index] = state;
  }

  delete(name: string): void {
    if (name === ERROR_LABEL) this.#error = '';
    else if (name === ERROR_DETAILS_LABEL) this.#errorDetails = '';
    else {
      const index = this.#find(name);
      if (index >= 0) this.#states[index] = ((this.#states[index] ?? 0) & EXTRACTED) | GONE;
      else if (this.hasStream(name)) this.#push(name, '', GONE);
    }
  }

  /** True where the stream has the label, whatever stages did to it. */
  hasStream(name: string): boolean {
    const stream = this.#stream;
    for (let i = 0; i < stream.length; i += 2) if (stream[i] === name) return true;
    return false;
  }

  /** True where a label found under this name has to be called `<name>_extracted`. */
  clashes(name: string): boolean {
    if (this.hasStream(name)) return true;
    const index = this.#find(name);
    return index >= 0 && this.#place(index) === METADATA;
  }

  /** True where a stage has already found a label of this name: the first one stays. */
  wasExtracted(name: string): boolean {
    const index = this.#find(name);
    return index >= 0 && ((this.#states[index] ?? 0) & EXTRACTED) !== 0;
  }

  #find(name: string): number {
    const names = this.#names;
    for (let i = 0; i < this.#count; i++) if (names[i] === name) return i;
    return -1;
  }

  #place(index: number): number {
    return (this.#states[index] ?? GONE) & PLACE;
  }

  /** Takes away every label that is not chosen; errors stay. */
  retain(chosen: (name: string, value: string) => boolean): void {
    const count = this.#count;
    for (let i = 0; i < count; i++) {
      if (this.#place(i) !== GONE && !chosen(this.#names[i] ?? '', this.#values[i] ?? '')) this.delete(this.#names[i] ?? '');
    }
    const stream = this.#stream;
    for (let i = 0; i < stream.length; i += 2) {
      const name = stream[i] ?? '';
      if (this.#find(name) < 0 && !chosen(name, stream[i + 1] ?? '')) this.delete(name);
    }
  }

  /** All labels as one set; that of the stream itself where nothing differs. A found label may have an empty value. */
  labels(): Labels {
    if (this.#count === 0 && this.#error === '' && this.#errorDetails === '') return this.#stream;
    const result: string[] = [];
    for (const source of this.#sources()) this.#pushSource(result, source);
    return this.#withErrors(result);
  }

  categorized(): CategorizedLabels {
    const stream: string[] = [];
    const structuredMetadata: string[] = [];
    const parsed: string[] = [];
    for (const source of this.#sources()) {
      const place = source < 0 ? STREAM : this.#place(source);
      this.#pushSource(place === STREAM ? stream : place === METADATA ? structuredMetadata : parsed, source);
    }
    return { stream, structuredMetadata, parsed: this.#withErrors(parsed) };
  }

  #pushSource(result: string[], source: number): void {
    if (source < 0) result.push(this.#stream[~source] ?? '', this.#stream[~source + 1] ?? '');
    else result.push(this.#names[source] ?? '', this.#values[source] ?? '');
  }

  #withErrors(labels: string[]): Labels {
    insertError(labels, ERROR_LABEL, this.#error);
    insertError(labels, ERROR_DETAILS_LABEL, this.#errorDetails);
    return labels;
  }

  /** Where the labels stand, by name: numbers of entries, and places in the stream as their complements. Mostly a line is built as the last one. */
  #sources(): readonly number[] {
    if (this.#isAsBefore()) return this.#order;
    const order: number[] = [];
    for (let i = 0; i < this.#count; i++) if (this.#place(i) !== GONE) order.push(i);
    for (let i = 0; i < this.#stream.length; i += 2) if (this.#find(this.#stream[i] ?? '') < 0) order.push(~i);
    const nameOf = (source: number): string => (source < 0 ? this.#stream[~source] : this.#names[source]) ?? '';
    this.#order = order.sort((a, b) => compareText(nameOf(a), nameOf(b)));
    this.#orderedStream = this.#stream;
    this.#orderedNames = this.#names.slice(0, this.#count);
    this.#orderedStates = this.#states.slice(0, this.#count);
    return this.#order;
  }

  #isAsBefore(): boolean {
    const names = this.#orderedNames;
    if (this.#stream !== this.#orderedStream || this.#count !== names.length) return false;
    for (let i = 0; i < names.length; i++) if (this.#names[i] !== names[i] || this.#states[i] !== this.#orderedStates[i]) return false;
    return true;
  }
}

function insertError(labels: string[], name: string, value: string): void {
  if (value === '') return;
  let at = 0;
  while (at < labels.length && compareText(labels[at] ?? '', name) < 0) at += 2;
  labels.splice(at, labels[at] === name ? 2 : 0, name, value);
}
