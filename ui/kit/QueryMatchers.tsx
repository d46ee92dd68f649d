// The matchers of a query as pieces beneath its bar, each of which can be taken away.

import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import css from './query-matchers.module.css';

interface Matcher {
  readonly name: string;
  readonly op: string;
  readonly value: string;
}

interface QueryMatchersProps<M extends Matcher> {
  readonly matchers: readonly M[];
  readonly onRemove: (matcher: M) => void;
  /** After the last: how to add one. */
  readonly children?: ReactNode;
}

export function QueryMatchers<M extends Matcher>({ matchers, onRemove, children }: QueryMatchersProps<M>) {
  return (
    <div className={css.matchers}>
      {matchers.map((m) => (
        <span key={`${m.name}${m.op}${m.value}`} className={css.matcher}>
          <code>
            {m.name}
            {m.op}&quot;{m.value}&quot;
          </code>
          <button type="button" aria-label={`Without ${m.name}${m.op}${m.value}`} onClick={() => onRemove(m)}>
            <IconX size={12} aria-hidden />
          </button>
        </span>
      ))}
      {children}
    </div>
  );
}
