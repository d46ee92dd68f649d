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

  /** `set('parsed', …)` for a name that `isTaken` denies. */
  addParsed(name: string, value: string): void {
    this.#push(name, value, PARSED | EXTRACTED);
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
    return this.#merged(
      this.#inOrder((place) => place !== GONE),
      true,
    );
  }

  categorized(): CategorizedLabels {
    return {
      stream:
        this.#count === 0
          ? this.#stream
          : this.#merged(
              this.#inOrder((place) => place === STREAM),
              true,
              false,
            ),
      structuredMetadata: this.#merged(
        this.#inOrder((place) => place === METADATA),
        false,
        false,
      ),
      parsed: this.#merged(
        this.#inOrder((place) => place === PARSED),
        false,
      ),
    };
  }

  /** Numbers of the entries at the chosen places, by name. */
  #inOrder(chosen: (place: number) => boolean): number[] {
    const order: number[] = [];
    for (let i = 0; i < this.#count; i++) if (chosen(this.#place(i))) order.push(i);
    return order.sort((a, b) => compareText(this.#names[a] ?? '', this.#names[b] ?? ''));
  }

  /** The entries, with the labels of the stream that no entry hides, and the errors. */
  #merged(order: readonly number[], withStream: boolean, withErrors = true): Labels {
    const result: string[] = [];
    const stream = withStream ? this.#stream : NO_LABELS;
    let s = 0;
    for (const index of order) {
      const name = this.#names[index] ?? '';
      for (; s < stream.length && compareText(stream[s] ?? '', name) < 0; s += 2) this.#pushStream(result, s);
      result.push(name, this.#values[index] ?? '');
    }
    for (; s < stream.length; s += 2) this.#pushStream(result, s);
    if (!withErrors) return result;
    return insertError(insertError(result, ERROR_LABEL, this.#error), ERROR_DETAILS_LABEL, this.#errorDetails);
  }

  #pushStream(result: string[], at: number): void {
    const name = this.#stream[at] ?? '';
    if (this.#find(name) < 0) result.push(name, this.#stream[at + 1] ?? '');
  }
}

function insertError(labels: string[], name: string, value: string): string[] {
  if (value === '') return labels;
  let at = 0;
  while (at < labels.length && compareText(labels[at] ?? '', name) < 0) at += 2;
  labels.splice(at, labels[at] === name ? 2 : 0, name, value);
  return labels;
}
