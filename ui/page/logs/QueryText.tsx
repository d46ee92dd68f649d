// The text of the query where the editor is not loaded yet: the same text, the same keys.

import type { KeyboardEvent } from 'react';
import { inputClass, monoClass } from '../../kit/Controls.tsx';
import css from './logs.module.css';

interface QueryTextProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onRun: (text: string) => void;
}

export function QueryText({ value, onChange, onRun }: QueryTextProps) {
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    onRun(value);
  };
  return (
    <textarea
      className={`${inputClass} ${monoClass} ${css.plainEditor}`}
      rows={Math.min(8, value.split('\n').length)}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={press}
      placeholder={'{app="shop"} |= "error" | json'}
      aria-label="Query"
      aria-describedby="query-problem"
      data-query=""
      spellCheck={false}
    />
  );
}
