// The texts that a query looks for, made anew only when the query changes.

import { useMemo } from 'react';
import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { termsOf } from '../../data/logql-text.ts';
import type { Term } from '../../data/logql-text.ts';

export function useTerms(expr: LogExpr): readonly Term[] {
  return useMemo(() => termsOf(expr), [expr]);
}
