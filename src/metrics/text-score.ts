// How well a text answers to what somebody typed: the scores of the search for names and values of labels, from 0 (not at all) to 1.
//
// Source: Prometheus 3.14, `/api/v1/search/…`: a subsequence scored by its runs and gaps, or the place of a substring and Winkler's variant of
// Jaro's similarity. Positions count characters, not bytes.

export type ScoreAlgorithm = 'subsequence' | 'jarowinkler';

/** A score, or undefined where a text is no answer. */
export type Score = (text: string) => number | undefined;

export interface ScoreOptions {
  readonly algorithm: ScoreAlgorithm;
  /** The least score, from 0 to 1; with 0 every subsequence will do, and only substrings are similar. */
  readonly threshold: number;
  readonly caseSensitive: boolean;
}

/** The best score of any of the terms. Without terms every text answers, with 1. */
export function scoreOf(terms: readonly string[], { algorithm, threshold, caseSensitive }: ScoreOptions): Score {
  const fold = caseSensitive ? (text: string) => text : (text: string) => text.toLowerCase();
  const scores = terms
    .filter((term) => term !== '')
    .map((term) => (algorithm === 'subsequence' ? subsequenceScore(fold(term), threshold) : similarityScore(fold(term), threshold)));
  if (scores.length === 0) return () => 1;
  return (text) => {
    const folded = fold(text);
    let best: number | undefined;
    for (const score of scores) {
      const found = score(folded);
      if (found !== undefined && (best === undefined || found > best)) best = found;
      if (best === 1) break;
    }
    return best;
  };
}

function subsequenceScore(term: string, threshold: number): Score {
  const pattern = charactersOf(term);
  return (text) => {
    if (text.startsWith(term)) return 1;
    const score = subsequence(pattern, charactersOf(text));
    return score > 0 && score >= threshold ? score : undefined;
  };
}

function similarityScore(term: string, threshold: number): Score {
  return (text) => {
    const place = substring(term, text);
    if (place !== undefined || threshold === 0) return place;
    const score = jaroWinkler(charactersOf(term), charactersOf(text));
    return score >= threshold ? score : undefined;
  };
}

type Characters = string | readonly string[];

// oxlint-disable-next-line no-control-regex -- the range is what ASCII is
const ASCII = /^[\x00-\x7f]*$/;

/** A text of single bytes is its own list of characters. */
function charactersOf(text: string): Characters {
  return ASCII.test(text) ? text : Array.from(text);
}

/** 1 at the beginning, falling to 0.1 at the end. */
function substring(term: string, text: string): number | undefined {
  const at = text.indexOf(term);
  if (at <= 0) return at === 0 ? 1 : undefined;
  const before = charactersOf(text.slice(0, at)).length;
  return 1 - (0.9 * before) / (charactersOf(text).length - charactersOf(term).length);
}

/** A long text in which a pattern may begin everywhere is not tried from every place. */
const STARTS_MAX = 1000;

/**
 * The best greedy match from any beginning: the squares of its runs' lengths, less every gap's share of the text (the last gap's by half), over the
 * square of the pattern's length. 0 where there is none.
 */
export function subsequence(pattern: Characters, text: Characters): number {
  let best = -1;
  let starts = 0;
  for (let start = 0; start <= text.length - pattern.length && starts < STARTS_MAX; start++) {
    if (text[start] !== pattern[0]) continue;
    const score = matchFrom(pattern, text, start);
    // What cannot be completed from here cannot be from further on.
    if (score === undefined) break;
    if (score > best) best = score;
    starts++;
  }
  return best < 0 ? 0 : best / pattern.length ** 2;
}

function matchFrom(pattern: Characters, text: Characters, start: number): number | undefined {
  let score = 0;
  let at = start;
  let end = 0;
  for (let next = 0; next < pattern.length;) {
    while (at < text.length && text[at] !== pattern[next]) at++;
    if (at === text.length) return undefined;
    const from = at;
    for (; next < pattern.length && at < text.length && text[at] === pattern[next]; next++) at++;
    score += (at - from) ** 2 - (from - end) / text.length;
    end = at;
  }
  return score - (text.length - end) / text.length / 2;
}

const PREFIX_LENGTH_MAX = 4;
const PREFIX_WEIGHT = 0.1;

/** Winkler's similarity: Jaro's, raised where the texts begin alike. */
export function jaroWinkler(a: Characters, b: Characters): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const jaro = jaroSimilarity(short, long);
  let prefix = 0;
  while (prefix < Math.min(PREFIX_LENGTH_MAX, short.length) && short[prefix] === long[prefix]) prefix++;
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro);
}

function jaroSimilarity(short: Characters, long: Characters): number {
  const reach = Math.max(Math.floor(long.length / 2) - 1, 0);
  const isTaken = new Uint8Array(long.length);
  const matched: string[] = [];
  for (let i = 0; i < short.length; i++) {
    const to = Math.min(i + reach + 1, long.length);
    for (let j = Math.max(i - reach, 0); j < to; j++) {
      if (isTaken[j] === 1 || short[i] !== long[j]) continue;
      isTaken[j] = 1;
      matched.push(short[i] ?? '');
      break;
    }
  }
  const count = matched.length;
  if (count === 0) return 0;
  let transposed = 0;
  let i = 0;
  for (let j = 0; j < long.length; j++) if (isTaken[j] === 1 && matched[i++] !== long[j]) transposed++;
  return (count / short.length + count / long.length + (count - transposed / 2) / count) / 3;
}
