// What stands in the place of an answer until it is there, and beside it when it is.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../data/api.ts';
import { Failed, Notices, Skeleton } from './States.tsx';

/** An answer's states around what it holds. */
export function Answered<T>({
  answer,
  children,
}: {
  readonly answer: UseQueryResult<Answer<T>>;
  readonly children: (value: T) => ReactNode;
}) {
  if (answer.error) return <Failed title="This query failed" error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Skeleton rows={10} />;
  return (
    <>
      <Notices texts={answer.data.warnings} />
      <Notices texts={answer.data.infos} level="info" />
      {children(answer.data.value)}
    </>
  );
}
