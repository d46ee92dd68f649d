// The queries that were run in this browser, behind a button of a query bar.

import { Popover } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import { type RecentList, readRecent } from '../data/recent.ts';
import { choicesClass, IconButton, menuClass, monoClass } from './Controls.tsx';

export function RecentQueries({ list, onRun }: { readonly list: RecentList; readonly onRun: (query: string) => void }) {
  const [opened, setOpened] = useState(false);
  const queries = opened ? readRecent(list) : [];
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <IconButton label="Recent queries" onClick={() => setOpened(!opened)}>
          <IconHistory size={16} aria-hidden />
        </IconButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={`${menuClass} ${choicesClass}`}>
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
