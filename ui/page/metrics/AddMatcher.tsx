// A filter for every selector of the query, chosen from the labels that their series have.

import { Popover } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import type { Matcher } from '../../../src/query/matchers.ts';
import { useLive } from '../../data/Live.tsx';
import { OPERATORS, selectorTexts } from '../../data/query-text.ts';
import { labelNames, labelValues } from '../../data/questions.ts';
import { alignSpan } from '../../data/time-range.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { choicesClass, Button, errorClass, inputClass, menuClass, monoClass, selectClass } from '../../kit/Controls.tsx';
import css from './metrics.module.css';

interface AddMatcherProps {
  readonly query: string;
  readonly onAdd: (matcher: Matcher) => void;
}

export function AddMatcher({ query, onAdd }: AddMatcherProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className={css.add} onClick={() => setOpened(!opened)}>
          <IconPlus size={14} aria-hidden />
          Filter
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {opened && (
          <MatcherChoice
            query={query}
            onAdd={(matcher) => {
              setOpened(false);
              onAdd(matcher);
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** First the label, then how it compares, then the value: each from what the selected series have. */
function MatcherChoice({ query, onAdd }: AddMatcherProps) {
  const { span } = useLive();
  const around = alignSpan(span, 60_000);
  const selectors = selectorTexts(query);
  const [label, setLabel] = useState('');
  const [op, setOp] = useState<Matcher['op']>('=');
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const names = useAnswer(labelNames(selectors, around), 'minute');
  const values = useAnswer(label === '' ? undefined : labelValues(label, selectors, around), 'minute');
  const step = label === '' ? names : values;
  const choices = (step.data?.value ?? []).filter((c) => c !== '__name__' && c.toLowerCase().includes(text.toLowerCase()));
  const choose = (choice: string): void => {
    if (label === '') setLabel(choice);
    else onAdd({ name: label, op, value: choice });
    setText('');
    field.current?.focus();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // A value need not exist, most of all in a regular expression.
    const first = label === '' ? choices[0] : op === '=' || op === '!=' ? (choices[0] ?? text) : text;
    if (first !== undefined && first !== '') choose(first);
  };
  return (
    <form className={css.choice} onSubmit={submit}>
      {label !== '' && (
        <div className={css.chosen}>
          <Button onClick={() => setLabel('')} title="Another label">
            <code>{label}</code>
          </Button>
          <select
            className={`${selectClass} ${monoClass}`}
            value={op}
            aria-label="Comparison"
            onChange={(e) => setOp(OPERATORS.find((o) => o === e.target.value) ?? '=')}
          >
            {OPERATORS.map((o) => (
              <option key={o}>{o}</option>
            ))}
          </select>
        </div>
      )}
      <input
        className={inputClass}
        data-autofocus
        ref={field}
        value={text}
        onChange={(e) => setText(e.target.value)}
        placeholder={label === '' ? 'Label' : 'Value'}
        aria-label={label === '' ? 'Label' : 'Value'}
        spellCheck={false}
      />
      {step.error && <span className={errorClass}>{step.error.message}</span>}
      <div className={`${menuClass} ${choicesClass}`}>
        {choices.slice(0, 200).map((choice) => (
          <button key={choice} type="button" className={monoClass} onClick={() => choose(choice)}>
            {choice}
          </button>
        ))}
        {step.isSuccess && choices.length === 0 && (
          <span>{label === '' ? 'No such label.' : 'No such value; Enter takes it as typed.'}</span>
        )}
        {choices.length > 200 && <span>and {choices.length - 200} more: type to narrow</span>}
      </div>
    </form>
  );
}
