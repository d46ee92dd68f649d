// Chooses the trace that this one is compared with: another of the same root, or any by its id.

import { Popover } from '@mantine/core';
import { useState } from 'react';
import { useLive } from '../../data/Live.tsx';
import { instantText } from '../../data/time-text.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button, choicesClass, inputClass, menuClass, monoClass } from '../../kit/Controls.tsx';
import { lengthText } from './bar-layout.ts';
import { tracesOfRoot } from './trace-questions.ts';
import { traceIdOf } from './trace-state.ts';
import type { TraceEvent } from './trace-state.ts';
import { absoluteMs } from './trace.ts';
import type { TraceView } from './trace-view.ts';
import css from './trace.module.css';

interface CompareMenuProps {
  readonly traceId: string;
  readonly view: TraceView;
  readonly compare: string;
  readonly onEvent: (event: TraceEvent) => void;
}

export function CompareMenu({ traceId, view, compare, onEvent }: CompareMenuProps) {
  const [opened, setOpened] = useState(false);
  const choose = (id: string): void => {
    setOpened(false);
    onEvent({ kind: 'compared', with: id });
  };
  if (compare !== '') return <Button onClick={() => choose('')}>End comparison</Button>;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button aria-expanded={opened} onClick={() => setOpened(!opened)}>
          Compare
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{opened && <Choices traceId={traceId} view={view} onChoose={choose} />}</Popover.Dropdown>
    </Popover>
  );
}

interface ChoicesProps {
  readonly traceId: string;
  readonly view: TraceView;
  readonly onChoose: (id: string) => void;
}

function Choices({ traceId, view: { trace, tree }, onChoose }: ChoicesProps) {
  const { zone } = useLive();
  const [text, setText] = useState('');
  const root = tree.nodes[tree.root]?.span;
  const found = useAnswer(root && tracesOfRoot(root.source.service, root.name, absoluteMs(trace, 0)), 'minute');
  const others = found.data?.value.filter((other) => other.traceId !== traceId) ?? [];
  const id = traceIdOf(text);
  return (
    <form
      className={css.compare}
      onSubmit={(event) => {
        event.preventDefault();
        if (id !== undefined) onChoose(id);
      }}
    >
      <label>
        With the trace
        <input
          className={`${inputClass} ${monoClass}`}
          value={text}
          placeholder="trace id"
          data-autofocus
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <Button type="submit" disabled={id === undefined}>
        Compare
      </Button>
      <p>
        {found.isPending
          ? 'Looking for traces of the same root …'
          : found.error
            ? 'Traces of the same root could not be looked for.'
            : others.length === 0
              ? 'No other trace of the same root within an hour of this one.'
              : 'Traces of the same root, within an hour of this one:'}
      </p>
      {others.length > 0 && (
        <div className={`${menuClass} ${choicesClass}`}>
          {others.map((other) => (
            <button key={other.traceId} type="button" onClick={() => onChoose(other.traceId)}>
              {instantText(other.startMs, zone)} <b>{lengthText(other.durationMs * 1e6)}</b> <code>…{other.traceId.slice(-12)}</code>
            </button>
          ))}
        </div>
      )}
    </form>
  );
}
