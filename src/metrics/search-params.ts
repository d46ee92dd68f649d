// The parameters of the search for names and values of labels, with Prometheus's words for those that are wrong.
//
// Source: Prometheus 3.14, `/api/v1/search/…`.

import { RequestError } from '../base/request-error.ts';
import { SEARCH_TERMS_MAX } from '../limits.ts';
import type { Matcher } from '../query/matchers.ts';
import { quote } from '../query/scanner.ts';
import { matchParams, parseBool, timeParam } from './api-params.ts';
import type { TimeRange } from './read.ts';
import type { ScoreAlgorithm, ScoreOptions } from './text-score.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_COUNT = 100;
const ALGORITHMS: readonly ScoreAlgorithm[] = ['subsequence', 'jarowinkler'];

export type SearchOrder = 'ascending' | 'descending' | 'score';

export interface SearchParams {
  readonly matches: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
  /** Texts of which an answer has to resemble one. */
  readonly terms: readonly string[];
  readonly scoring: ScoreOptions;
  readonly order: SearchOrder;
  readonly includeScore: boolean;
  /** Results of the answer, and of each of its lines. */
  readonly limit: number;
  readonly batchSize: number;
}

export interface SearchBounds {
  readonly nowMs: number;
  /** `query.searchResultsMax`. */
  readonly resultsMax: number;
  /** What is searched for, such as `metric_names`. */
  readonly endpoint: string;
}

/** Reads the parameters. Throws `bad_data`. */
export function searchParams(query: URLSearchParams, bounds: SearchBounds): SearchParams {
  const range = { fromMs: timeParam(query, 'start', bounds.nowMs - HOUR_MS), toMs: timeParam(query, 'end', bounds.nowMs) };
  if (range.toMs < range.fromMs) throw refusal('end timestamp must not be before start timestamp');
  const matches = matchParams(query);
  const terms = query.getAll('search[]');
  if (terms.length > SEARCH_TERMS_MAX) throw refusal(`too many search[] terms: got ${terms.length}, maximum is ${SEARCH_TERMS_MAX}`);
  return {
    matches,
    range,
    terms,
    scoring: {
      threshold: thresholdParam(query.get('fuzz_threshold') ?? '') / 100,
      algorithm: algorithmParam(query.get('fuzz_alg') ?? ''),
      caseSensitive: searchFlag(query, 'case_sensitive', true),
    },
    includeScore: searchFlag(query, 'include_score', false),
    order: orderParam(query, terms.length > 0, bounds.endpoint),
    limit: searchLimit(query, bounds.resultsMax),
    batchSize: countParam(query, 'batch_size') ?? DEFAULT_COUNT,
  };
}

function refusal(message: string): RequestError {
  return new RequestError('bad_data', message);
}

function thresholdParam(given: string): number {
  if (given === '') return 0;
  const percent = Number(given);
  if (!/^[+-]?\d{1,9}$/.test(given) || percent < 0 || percent > 100) throw refusal(`invalid fuzz_threshold ${quote(given)}: must be 0-100`);
  return percent;
}

function algorithmParam(given: string): ScoreAlgorithm {
  if (given === '') return 'subsequence';
  const algorithm = ALGORITHMS.find((each) => each === given);
  if (algorithm === undefined) throw refusal(`unsupported fuzz_alg ${quote(given)}: must be one of [${ALGORITHMS.join(' ')}]`);
  return algorithm;
}

function orderParam(query: URLSearchParams, hasTerms: boolean, endpoint: string): SearchOrder {
  const by = query.get('sort_by') ?? '';
  const direction = query.get('sort_dir') ?? '';
  if (direction !== '' && by === '') throw refusal('sort_dir is only valid when sort_by is set');
  if (direction !== '' && by === 'score') throw refusal('sort_dir is not supported for sort_by=score');
  if (!['', 'asc', 'dsc'].includes(direction)) throw refusal(`invalid sort_dir ${quote(direction)}: must be "asc" or "dsc"`);
  if (by === 'score' && !hasTerms) throw refusal('sort_by=score requires search[] to be set');
  if (!['', 'alpha', 'score'].includes(by)) throw refusal(`invalid sort_by ${quote(by)} for ${endpoint}: must be "alpha" or "score"`);
  if (by === 'score') return 'score';
  return direction === 'dsc' ? 'descending' : 'ascending';
}

function searchLimit(query: URLSearchParams, resultsMax: number): number {
  const limit = countParam(query, 'limit') ?? Math.min(DEFAULT_COUNT, resultsMax);
  if (limit > resultsMax) throw refusal(`limit ${limit} exceeds the configured maximum (${resultsMax}, see query.searchResultsMax)`);
  return limit;
}

function countParam(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name) ?? '';
  if (given === '') return undefined;
  const count = Number(given);
  if (!/^\+?\d{1,15}$/.test(given) || count === 0) throw refusal(`invalid ${name} ${quote(given)}: must be a positive integer`);
  return count;
}

/** A truth value. */
export function searchFlag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const given = query.get(name) ?? '';
  if (given === '') return otherwise;
  const value = parseBool(given);
  if (value === undefined) throw refusal(`invalid ${name} ${quote(given)}: must be boolean`);
  return value;
}
