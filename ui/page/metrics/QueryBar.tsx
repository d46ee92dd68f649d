// The query as text, and its matchers as pieces that can be taken away or added from the labels that exist.

import { Popover } from '@mantine/core';
import { IconHistory, IconPlus, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import { useLive } from '../../data/Live.tsx';
import { labelNames, labelValues } from '../../data/questions.ts';
import { readRecent } from '../../data/recent.ts';
import { OPERATORS, addMatcher, parseSelector, removeMatcher } from '../../data/selector.ts';
import type { Matcher, Operator } from '../../data/selector.ts';
import { alignSpan } from '../../data/time-range.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button, IconButton, errorClass, inputClass, menuClass, monoClass, selectClass } from '../../kit/Controls.tsx';
import css from './metrics.module.css';

interface QueryBarProps {
  readonly query: string;
  /** The metrics that exist, to complete a name with. */
  readonly names: readonly string[];
  readonly onRun: (query: string) => void;
}

const COMPLETIONS_MAX = 20;

/** Names that go on from what is typed so far, as long as it is a name and nothing more. */
function completions(names: readonly string[], text: string): readonly string[] {
  if (!/^[a-zA-Z_:][\w:]+$/.test(text)) return [];
  const found = names.filter((name) => name.includes(text) && name !== text);
  return found.sort((a, b) => Number(b.startsWith(text)) - Number(a.startsWith(text)) || (a < b ? -1 : 1)).slice(0, COMPLETIONS_MAX);
}

export function QueryBar({ query, names, onRun }: QueryBarProps) {
  const [text, setText] = useState(query);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onRun(text);
  };
  const selector = parseSelector(query);
  return (
    <div className={css.query}>
      <form onSubmit={submit}>
        <input
          className={`${inputClass} ${monoClass}`}
          data-query
          value={text}
          onChange={(e) => setText(e.target.value)}
          placeholder='name{label="value"}'
          aria-label="Selector"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          list="query-names"
        />
        <datalist id="query-names">
          {completions(names, text).map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Recent onRun={onRun} />
        <Button primary type="submit">
          Run
        </Button>
      </form>
      {selector && (
        <div className={css.matchers}>
          {selector.matchers.map((m) => (
            <span key={`${m.label}${m.op}${m.value}`} className={css.matcher}>
              <code>
                {m.label}
                {m.op}&quot;{m.value}&quot;
              </code>
              <button type="button" aria-label={`Without ${m.label}${m.op}${m.value}`} onClick={() => onRun(removeMatcher(query, m))}>
                <IconX size={12} aria-hidden />
              </button>
            </span>
          ))}
          <AddMatcher query={query} onAdd={(m) => onRun(addMatcher(query, m))} />
        </div>
      )}
    </div>
  );
}

function Recent({ onRun }: { readonly onRun: (query: string) => void }) {
  const [opened, setOpened] = useState(false);
  const queries = opened ? readRecent('queries') : [];
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <IconButton label="Recent queries" onClick={() => setOpened(!opened)}>
          <IconHistory size={16} />
        </IconButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={`${menuClass} ${css.choices}`}>
          {queries.length === 0 && 'No query was run in this browser yet.'}
          {queries.map((q) => (
            <button
              key={q}
              type="button"
              className={monoClass}
              onClick={() => {
                setOpened(false);
                onRun(q);
              }}
            >
              {q}
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

interface AddMatcherProps {
  readonly query: string;
  readonly onAdd: (matcher: Matcher) => void;
}

function AddMatcher({ query, onAdd }: AddMatcherProps) {
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
  const [label, setLabel] = useState('');
  const [op, setOp] = useState<Operator>('=');
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const names = useAnswer(labelNames(query, around), 'minute');
  const values = useAnswer(label === '' ? undefined : labelValues(label, query, around), 'minute');
  const step = label === '' ? names : values;
  const choices = (step.data?.value ?? []).filter((c) => c !== '__name__' && c.toLowerCase().includes(text.toLowerCase()));
  const choose = (choice: string): void => {
    if (label === '') setLabel(choice);
    else onAdd({ label, op, value: choice });
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
      <div className={`${menuClass} ${css.choices}`}>
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
