// Copies a trace: its id, its address, or all its spans.

import { Menu } from '@mantine/core';
import { useState } from 'react';
import { copyText } from '../../kit/CopyButton.tsx';
import { Button } from '../../kit/Controls.tsx';
import { toCsv, toJson } from '../../kit/csv.ts';
import { spansTable } from './spans-table.ts';
import type { TraceView } from './trace-view.ts';

const SAID_MS = 1500;

export function CopyMenu({ traceId, view }: { readonly traceId: string; readonly view: TraceView }) {
  const [said, setSaid] = useState('Copy');
  const copy = (text: string): void => {
    void copyText(text)
      .then(
        () => setSaid('Copied'),
        () => setSaid('Copying is forbidden'),
      )
      .then(() => setTimeout(() => setSaid('Copy'), SAID_MS));
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button aria-live="polite">{said}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => copy(traceId)}>Trace id</Menu.Item>
        <Menu.Item onClick={() => copy(location.href)}>Address of this page</Menu.Item>
        <Menu.Item onClick={() => copy(toCsv(spansTable(view)))}>All spans as CSV</Menu.Item>
        <Menu.Item onClick={() => copy(toJson(spansTable(view)))}>All spans as JSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
