// Metric families as collectors fill them during one collection.

export type FamilyType = 'counter' | 'gauge' | 'untyped' | 'histogram' | 'summary';

/** Label names and values in turn: `['device', 'eth0']`. */
export type Pairs = readonly string[];

export interface HostSample {
  /** The sample's own name: the family's, or with a suffix in a histogram or summary. */
  readonly name: string;
  readonly labels: Pairs;
  readonly value: number;
}

export interface HostFamily {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly samples: readonly HostSample[];
}

interface Draft extends HostFamily {
  readonly samples: HostSample[];
}

const NO_LABELS: Pairs = [];

/** Gathers samples by family. An undefined value adds nothing, so that an optional file needs no `if`. */
export class Families {
  readonly #byName = new Map<string, Draft>();

  gauge(name: string, help: string, value: number | undefined, labels: Pairs = NO_LABELS): void {
    if (value !== undefined) this.family(name, 'gauge', help).push({ name, labels, value });
  }

  counter(name: string, help: string, value: number | undefined, labels: Pairs = NO_LABELS): void {
    if (value !== undefined) this.family(name, 'counter', help).push({ name, labels, value });
  }

  untyped(name: string, help: string, value: number | undefined, labels: Pairs = NO_LABELS): void {
    if (value !== undefined) this.family(name, 'untyped', help).push({ name, labels, value });
  }

  /** The samples of a family, to be added to. The first type and help given to a name stay. */
  family(name: string, type: FamilyType, help: string): HostSample[] {
    let draft = this.#byName.get(name);
    if (draft === undefined) {
      draft = { name, type, help, samples: [] };
      this.#byName.set(name, draft);
    }
    return draft.samples;
  }

  /** Takes over all samples of `other`, which is not to be used any more. */
  merge(other: Families): void {
    for (const [name, draft] of other.#byName) {
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, draft);
      else for (const sample of draft.samples) known.samples.push(sample);
    }
  }

  /** All families in order of their names. */
  sorted(): readonly HostFamily[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
