// What the LogQL editor completes with, from the query cache: the same questions that the rest of the page asks.

import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ask } from '../../data/api.ts';
import type { Question } from '../../data/api.ts';
import { useLive } from '../../data/Live.tsx';
import { selectorOf } from '../../data/logql-text.ts';
import { alignSpan } from '../../data/time-range.ts';
import { STREAM_LABEL } from './completion-data.ts';
import type { FieldOffered, LogCompletionData } from './completion-data.ts';
import { fieldValuesOf, fieldsOf, labelsOf, valuesOf } from './completion-questions.ts';

/** Values that are shown at once; of more, those that hold what is typed. */
const SHOWN_MAX = 1000;

export function useLogCompletionData(): LogCompletionData {
  const client = useQueryClient();
  const { tenant, span, nowMs } = useLive();
  const { startMs, endMs } = alignSpan(span, 300_000);
  const minute = `minute ${Math.floor(nowMs / 60_000)}`;
  return useMemo((): LogCompletionData => {
    const around = { startMs, endMs };
    const get = async <T>(question: Question<T>): Promise<T> => {
      const { value } = await client.fetchQuery({
        queryKey: [tenant, 'completion', question.path, question.params, minute],
        queryFn: ({ signal }) => ask(question, tenant, signal),
      });
      return value;
    };
    const labels = (selector: string): Promise<readonly string[]> => get(labelsOf(selector, around));
    return {
      labels,
      values: async (label, selector, typed) => {
        const all = await get(valuesOf(label, selector, around));
        if (all.length <= SHOWN_MAX) return { values: all, whole: true };
        const sought = typed.toLowerCase();
        return { values: all.filter((value) => value.toLowerCase().includes(sought)).slice(0, SHOWN_MAX), whole: false };
      },
      fields: async (query) => {
        const [names, fields] = await Promise.all([labels(selectorOf(query)), query === '' ? [] : get(fieldsOf(query, around))]);
        return [...fields, ...streamLabels(names, fields)];
      },
      fieldValues: async (field, query) => {
        const found = query === '' ? [] : await get(fieldValuesOf(field, query, around));
        return found.length > 0 ? found : get(valuesOf(field, selectorOf(query), around));
      },
    };
  }, [client, tenant, startMs, endMs, minute]);
}

/** Labels of streams can be compared and listed like fields. */
function streamLabels(names: readonly string[], fields: readonly FieldOffered[]): readonly FieldOffered[] {
  const known = new Set(fields.map(({ name }) => name));
  return names.filter((name) => !known.has(name)).map((name) => ({ name, type: STREAM_LABEL, parsers: [] }));
}
