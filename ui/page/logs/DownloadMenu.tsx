// The lines of a list to take along: to the clipboard, or as a file.

import { Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { LogEntry } from '../../data/log-lines.ts';
import { countText } from '../../data/units.ts';
import { copyText } from '../../kit/CopyButton.tsx';
import { IconButton } from '../../kit/Controls.tsx';
import { download, linesAsJson, linesAsText } from './download.ts';

export function DownloadMenu({ entries }: { readonly entries: readonly LogEntry[] }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton label={`Copy or download ${countText(entries.length)} lines`} disabled={entries.length === 0}>
          <IconDownload size={16} aria-hidden />
        </IconButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void copyText(linesAsText(entries))}>Copy as text</Menu.Item>
        <Menu.Item onClick={() => download('lines.txt', 'text/plain', linesAsText(entries))}>Lines as text</Menu.Item>
        <Menu.Item onClick={() => download('lines.json', 'application/json', linesAsJson(entries))}>
          Lines with their fields as JSON
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
