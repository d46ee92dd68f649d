// Patterns of lines, found while they pass: which texts recur, with `<_>` where they differ, and how often each over time.
//
//   line ─▶ words ─▶ family: the same separators ─▶ the most similar cluster: where words differ, it gets a gap
//
// After Drain (He et al., “Drain: An Online Log Parsing Approach with Fixed Depth Tree”, 2017), whose tree of first words is here a
// table of families. Memory is bounded: families, clusters and steps have maxima. Where texts in quotation marks give ever new families they become one
// word; where lines have no form at all, only their beginning is looked at.

import { type Detail, isVariable, LineScan, WORD } from './line-scan.ts';

export interface PatternOptions {
  /** Width of a count, aligned to the epoch. */
  readonly stepMs: number;
  readonly familiesMax?: number;
  readonly clustersMax?: number;
  /** Counts of one pattern; beyond, the step doubles. */
  readonly stepsMax?: number;
}

export interface MinedPattern {
  /** As the filter `|>` takes it; it matches every line that is counted. */
  readonly pattern: string;
  /** The level of the lines; empty for none. */
  readonly level: string;
  /** `[seconds since the epoch, lines]`, by time, without empty steps. */
  readonly samples: readonly (readonly [number, number])[];
  readonly total: number;
}

/** A word of a cluster, or a gap where its lines have different ones. */
type Slot = string | undefined;

interface Cluster {
  slots: Slot[];
  /** Lines by step. */
  readonly counts: Map<number, number>;
  total: number;
}

/** Lines with the same separators and keys. */
interface Family {
  /** What its lines were taken apart into; `quotes` as soon as it was so for one of them. */
  detail: Detail;
  readonly separators: readonly string[];
  readonly level: string;
  /** Takes every line of which nothing is known: its pattern is one gap. */
  readonly isRest: boolean;
  readonly clusters: Cluster[];
}

/** Words beyond are gaps from the beginning, and lines with more between their words have no family of their own: a pattern is short. */
const WORD_LENGTH_MAX = 200;
const SEPARATORS_LENGTH_MAX = 4096;
/** The share of comparable words that have to be equal. */
const SIMILARITY_MIN = 0.5;
/** Clusters of one family; a line that is like none of them then joins the most similar one. */
const FAMILY_CLUSTERS_MAX = 40;
/** Families that differ only within quotation marks before quoted texts become words. */
const QUOTED_FORMS_MAX = 12;
/** Lines of further levels count as lines of none. */
const LEVELS_MAX = 20;
const GAP = '<_>';
/** A gap as a word, where a pattern is taken apart like a line. */
const HOLE = '\u0001';
const DETAILS: readonly Detail[] = ['words', 'quotes', 'start'];

export class PatternMiner {
  readonly #familiesMax: number;
  readonly #clustersMax: number;
  readonly #stepsMax: number;
  /** By level, then by the hash of the separators. */
  readonly #families = new Map<string, Map<number, Family[]>>();
  readonly #rests = new Map<string, Family>();
  /** How many families there are of the same separators without those in quoted texts, by hash. */
  readonly #quotedForms = new Map<number, number>();
  readonly #scan = new LineScan();
  #familyCount = 0;
  #clusterCount = 0;
  #stepMs: number;

  constructor({ stepMs, familiesMax = 400, clustersMax = 1000, stepsMax = 1000 }: PatternOptions) {
    this.#stepMs = stepMs;
    this.#familiesMax = familiesMax;
    this.#clustersMax = clustersMax;
    this.#stepsMax = stepsMax;
  }

  /** The width of the counts: the one asked for, or a multiple where there were too many. */
  get stepMs(): number {
    return this.#stepMs;
  }

  /** Counts a line: `count` of them where it stands for others. An empty one has no pattern. */
  add(line: string, tsMs: number, level = '', count = 1): void {
    if (line === '') return;
    const known = this.#families.has(level) || this.#families.size < LEVELS_MAX ? level : '';
    this.#count(this.#cluster(this.#familyOf(line, known)), tsMs, count);
  }

  /** The patterns, the most frequent first. */
  patterns(): readonly MinedPattern[] {
    const merged = new Map<string, { pattern: string; level: string; total: number; readonly counts: Map<number, number> }>();
    for (const { level, separators, clusters } of this.#folded()) {
      for (const { slots, counts, total } of clusters) {
        const pattern = printPattern(separators, slots, GAP);
        const key = `${level}${WORD}${pattern}`;
        const known = merged.get(key);
        if (known === undefined) merged.set(key, { pattern, level, total, counts });
        else {
          addCounts(known.counts, counts);
          known.total += total;
        }
      }
    }
    return [...merged.values()]
      .map(({ pattern, level, counts, total }) => ({ pattern, level, total, samples: this.#samples(counts) }))
      .sort((a, b) => b.total - a.total);
  }

  /** The families with clusters that have grown alike joined, and with those in others that see quoted texts as words, where they fit. */
  #folded(): readonly Family[] {
    const families = [...this.#allFamilies()].map((family) => ({ ...family, clusters: mergeSimilar(family.clusters) }));
    const coarse = new Map(
      families.filter(({ detail }) => detail === 'quotes').map((family) => [keyOf(family.level, family.separators), family]),
    );
    for (const { detail, level, separators, clusters } of families) {
      if (detail !== 'words' || coarse.size === 0) continue;
      const kept = clusters.filter((cluster) => {
        this.#scan.scan(printPattern(separators, cluster.slots, HOLE), 'quotes');
        const others = coarse.get(keyOf(level, this.#scan.separators()))?.clusters;
        const into = others?.find(({ slots }) => slots.every((slot, i) => slot === undefined || this.#scan.hasWord(i, slot)));
        if (into !== undefined) addCluster(into, cluster);
        return into === undefined;
      });
      clusters.splice(0, clusters.length, ...kept);
    }
    return families;
  }

  *#allFamilies(): Generator<Family> {
    for (const byHash of this.#families.values()) for (const families of byHash.values()) yield* families;
    yield* this.#rests.values();
  }

  #samples(counts: ReadonlyMap<number, number>): readonly (readonly [number, number])[] {
    return [...counts].sort(([a], [b]) => a - b).map(([step, count]) => [Math.floor((step * this.#stepMs) / 1000), count] as const);
  }

  /** The family of a line; leaves the line's words in the scan. Where there may be no new family less of the line is looked at. */
  #familyOf(line: string, level: string): Family {
    const byHash = this.#familiesOf(level);
    const scan = this.#scan;
    for (const detail of DETAILS) {
      scan.scan(line, detail);
      const { hash } = scan;
      const known = byHash.get(hash)?.find(({ separators }) => scan.hasSeparators(separators));
      if (known !== undefined) {
        if (detail === 'quotes') known.detail = detail;
        return known;
      }
      if (this.#familyCount >= this.#familiesMax || (detail === 'words' && !this.#mayBeNew(line))) continue;
      scan.scan(line, detail);
      if (scan.separatorsLength > SEPARATORS_LENGTH_MAX) continue;
      const family: Family = { detail, separators: scan.separators().map(copyOf), level, isRest: false, clusters: [] };
      byHash.set(hash, [...(byHash.get(hash) ?? []), family]);
      this.#familyCount++;
      return family;
    }
    return this.#restOf(level);
  }

  #familiesOf(level: string): Map<number, Family[]> {
    const known = this.#families.get(level);
    if (known !== undefined) return known;
    const families = new Map<number, Family[]>();
    this.#families.set(level, families);
    return families;
  }

  /** False for a line whose like has too many forms already, which differ in quoted texts. */
  #mayBeNew(line: string): boolean {
    if (!line.includes('"')) return true;
    this.#scan.scan(line, 'quotes');
    const { hash } = this.#scan;
    const forms = (this.#quotedForms.get(hash) ?? 0) + 1;
    if (forms > QUOTED_FORMS_MAX) return false;
    this.#quotedForms.set(hash, forms);
    return true;
  }

  #restOf(level: string): Family {
    const known = this.#rests.get(level);
    if (known !== undefined) return known;
    const family: Family = { detail: 'start', separators: ['', ''], level, isRest: true, clusters: [] };
    this.#rests.set(level, family);
    return family;
  }

  /** The cluster of a family that the scanned line is most like, widened to hold it, or a new one. */
  #cluster(family: Family): Cluster {
    const { clusters } = family;
    if (family.isRest) return clusters[0] ?? this.#newCluster(family, [undefined]);
    let best: Cluster | undefined;
    let bestScore = -1;
    for (let i = 0; i < clusters.length; i++) {
      const cluster = clusters[i];
      const score = cluster === undefined ? -1 : similarity(cluster.slots, this.#scan);
      if (score <= bestScore) continue;
      best = cluster;
      bestScore = score;
      if (score < 1) continue;
      // Frequent clusters move to the front, where they are found first.
      if (i > 0) swap(clusters, i);
      break;
    }
    const isFull = clusters.length >= FAMILY_CLUSTERS_MAX || this.#clusterCount >= this.#clustersMax;
    if (best === undefined || (bestScore < SIMILARITY_MIN && !isFull)) {
      return this.#newCluster(
        family,
        Array.from({ length: this.#scan.count }, (_, i) => slotOf(this.#scan.word(i))),
      );
    }
    if (bestScore < 1) widen(best.slots, this.#scan);
    return best;
  }

  #newCluster(family: Family, slots: Slot[]): Cluster {
    const cluster: Cluster = { slots, counts: new Map(), total: 0 };
    closeNames(family.separators, slots);
    family.clusters.push(cluster);
    this.#clusterCount++;
    return cluster;
  }

  #count(cluster: Cluster, tsMs: number, count: number): void {
    const step = Math.floor(tsMs / this.#stepMs);
    cluster.counts.set(step, (cluster.counts.get(step) ?? 0) + count);
    cluster.total += count;
    while (cluster.counts.size > this.#stepsMax) this.#doubleStep();
  }

  #doubleStep(): void {
    this.#stepMs *= 2;
    for (const { clusters } of this.#allFamilies()) {
      for (const { counts } of clusters) {
        const before = [...counts];
        counts.clear();
        for (const [step, count] of before) counts.set(Math.floor(step / 2), (counts.get(Math.floor(step / 2)) ?? 0) + count);
      }
    }
  }
}

/** Shorter parts are copied by the engine itself. */
const SLICE_LENGTH_MIN = 13;

/** A text of its own: a part of a long line would keep all of it in memory. */
function copyOf(text: string): string {
  return text.length < SLICE_LENGTH_MIN ? text : Array.from(text).join('');
}

function slotOf(word: string): Slot {
  return word.length > WORD_LENGTH_MAX ? undefined : copyOf(word);
}

function swap(clusters: Cluster[], index: number): void {
  const [first, found] = [clusters[0], clusters[index]];
  if (first === undefined || found === undefined) return;
  clusters[0] = found;
  clusters[index] = first;
}

/** The share of a cluster's words that a line has too, from 0 to 1; gaps and variable words say nothing. */
function similarity(slots: readonly Slot[], scan: LineScan): number {
  let equal = 0;
  let compared = 0;
  let differs = false;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    if (slot === undefined) continue;
    if (scan.hasWord(i, slot)) {
      equal++;
      compared++;
    } else {
      differs = true;
      if (!scan.looksVariable(i) || !isVariable(slot)) compared++;
    }
  }
  if (!differs) return 1;
  // Where only variable words differ it is the same line; less than 1, since another cluster may have these very words.
  return compared === 0 ? 0.99 : Math.min(equal / compared, 0.99);
}

function widen(slots: Slot[], scan: LineScan): void {
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    if (slot !== undefined && !scan.hasWord(i, slot)) slots[i] = undefined;
  }
}

/** `<name>` in a line would be a gap of the filter with a name, which it refuses: its word becomes a gap. */
function closeNames(separators: readonly string[], slots: Slot[]): void {
  for (const [i, slot] of slots.entries()) {
    const isName = slot !== undefined && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(slot);
    if (isName && (separators[i] ?? '').endsWith('<') && (separators[i + 1] ?? '').startsWith('>')) slots[i] = undefined;
  }
}

/** Copies of a family's clusters, those joined that have grown alike. */
function mergeSimilar(clusters: readonly Cluster[]): Cluster[] {
  const merged: Cluster[] = [];
  for (const cluster of clusters.toSorted((a, b) => b.total - a.total)) {
    const like = merged.find(({ slots }) => likeness(slots, cluster.slots) >= SIMILARITY_MIN);
    if (like === undefined) merged.push({ ...cluster, slots: [...cluster.slots], counts: new Map(cluster.counts) });
    else {
      like.slots = like.slots.map((slot, i) => (slot === cluster.slots[i] ? slot : undefined));
      addCluster(like, cluster);
    }
  }
  return merged;
}

function addCluster(into: Cluster, { counts, total }: Cluster): void {
  addCounts(into.counts, counts);
  into.total += total;
}

function keyOf(level: string, separators: readonly string[]): string {
  return [level, ...separators.map((part) => `${part.length}:${part}`)].join(WORD);
}

/** As `similarity`, of two clusters: the share of words that both have of those that one of them has. */
function likeness(a: readonly Slot[], b: readonly Slot[]): number {
  let equal = 0;
  let words = 0;
  for (const [i, slot] of a.entries()) {
    if (slot === undefined && b[i] === undefined) continue;
    words++;
    if (slot === b[i]) equal++;
  }
  return words === 0 ? 1 : equal / words;
}

function addCounts(into: Map<number, number>, counts: ReadonlyMap<number, number>): void {
  for (const [step, count] of counts) into.set(step, (into.get(step) ?? 0) + count);
}

function printPattern(separators: readonly string[], slots: readonly Slot[], gap: string): string {
  let out = separators[0] ?? '';
  for (const [i, slot] of slots.entries()) out += (slot ?? gap) + (separators[i + 1] ?? '');
  return out;
}
