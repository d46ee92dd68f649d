// Stages as a user writes them, a list of `{name: settings}`, into stages that run.
//
//   - json: {expressions: {level: , msg: message}}
//   - labels: {level: }

import { nearest } from '../../../base/settings.ts';
import { RequestError } from '../../../base/request-error.ts';
import { dropKind, limitKind, matchKind, samplingKind } from './drop-stages.ts';
import { jsonKind, logfmtKind, regexKind } from './extract-stages.ts';
import { criKind, dockerKind, multilineKind } from './joining-stages.ts';
import {
  labelAllowKind,
  labelDropKind,
  labelsKind,
  relabelKind,
  staticLabelsKind,
  structuredMetadataDropKind,
  structuredMetadataKind,
  tenantKind,
} from './label-stages.ts';
import { redactKind } from './redact-stage.ts';
import { decolorizeKind, outputKind, packKind, replaceKind, templateKind } from './rewrite-stages.ts';
import type { StageKind, StageMaker } from './stage-settings.ts';
import { timestampKind } from './timestamp-stage.ts';

const STAGES_MAX = 500;
const DEPTH_MAX = 10;

const KINDS: ReadonlyMap<string, StageKind> = new Map([
  ['cri', criKind],
  ['decolorize', decolorizeKind],
  ['docker', dockerKind],
  ['drop', dropKind],
  ['json', jsonKind],
  ['labelallow', labelAllowKind],
  ['labeldrop', labelDropKind],
  ['labels', labelsKind],
  ['limit', limitKind],
  ['logfmt', logfmtKind],
  ['multiline', multilineKind],
  ['output', outputKind],
  ['pack', packKind],
  ['redact', redactKind],
  ['regex', regexKind],
  ['relabel', relabelKind],
  ['replace', replaceKind],
  ['sampling', samplingKind],
  ['static_labels', staticLabelsKind],
  ['structured_metadata', structuredMetadataKind],
  ['structured_metadata_drop', structuredMetadataDropKind],
  ['template', templateKind],
  ['tenant', tenantKind],
  ['timestamp', timestampKind],
]);

/** Throws `bad_data` that says at which stage what is wrong; `at` is the place of the list. */
export function parseStages(list: readonly unknown[], at: string, depth = 0): readonly StageMaker[] {
  if (list.length > STAGES_MAX) throw new RequestError('bad_data', `${at}: ${list.length} stages, ${STAGES_MAX} at most`);
  if (depth > DEPTH_MAX) throw new RequestError('bad_data', `${at}: match stages are nested more than ${DEPTH_MAX} deep`);
  return list.map((stage, i) => parseStage(stage, `${at}[${i}]`, depth));
}

function parseStage(stage: unknown, at: string, depth: number): StageMaker {
  const entries = typeof stage === 'object' && stage !== null && !Array.isArray(stage) ? Object.entries(stage) : [];
  const [pair] = entries;
  if (pair === undefined || entries.length !== 1)
    throw new RequestError('bad_data', `${at}: a stage is one name with its settings, such as {json: {expressions: {level: }}}`);
  const [name, settings] = pair;
  const place = `${at}.${name}`;
  const kind = name === 'match' ? matchKind((inner) => parseStages(inner, `${place}.stages`, depth + 1)) : KINDS.get(name);
  if (kind === undefined) {
    const near = nearest(name, [...KINDS.keys(), 'match']);
    throw new RequestError('bad_data', `${at}: unknown stage '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`);
  }
  return kind.read(settings, place);
}
