// Gathers the HELP, TYPE and UNIT lines of a family, and tells the sink once, before the family's first sample.

import type { MetricType } from '../write.ts';
import type { ExpositionSink } from './exposition.ts';

export class FamilyMetadata {
  readonly #sink: ExpositionSink;
  #metric = '';
  #type: MetricType = 'unknown';
  #help = '';
  #unit = '';
  #untold = false;

  constructor(sink: ExpositionSink) {
    this.#sink = sink;
  }

  type(metric: string, type: MetricType): void {
    this.#begin(metric);
    this.#type = type;
  }

  help(metric: string, help: string): void {
    this.#begin(metric);
    this.#help = help;
  }

  unit(metric: string, unit: string): void {
    this.#begin(metric);
    this.#unit = unit;
  }

  /** Tells the sink what it was not told yet. */
  flush(): void {
    if (!this.#untold) return;
    this.#untold = false;
    this.#sink.metadata({ metric: this.#metric, type: this.#type, help: this.#help, unit: this.#unit });
  }

  #begin(metric: string): void {
    if (metric !== this.#metric) {
      this.flush();
      this.#metric = metric;
      this.#type = 'unknown';
      this.#help = '';
      this.#unit = '';
    }
    this.#untold = true;
  }
}
