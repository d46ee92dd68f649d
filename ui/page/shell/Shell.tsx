// The frame around every page: the rail, the bar, and the keys that work everywhere.

import { Menu, Modal, Tooltip, useMantineColorScheme } from '@mantine/core';
import {
  IconActivityHeartbeat,
  IconChevronsLeft,
  IconChevronsRight,
  IconDeviceDesktop,
  IconMoon,
  IconRefresh,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { Suspense, lazy, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { keepShell } from '../../data/address.ts';
import { REFRESH_CHOICES, useLive } from '../../data/Live.tsx';
import { Button, IconButton } from '../../kit/Controls.tsx';
import { AT_REST, KEYS_HELP, pressKey } from './keyboard-state.ts';
import type { Command } from './keyboard-state.ts';
import { PAGES } from './pages.ts';
import { TenantPicker } from './TenantPicker.tsx';
import { TimePicker } from './TimePicker.tsx';
import css from './shell.module.css';

const Palette = lazy(async () => ({ default: (await import('./Palette.tsx')).Palette }));

export function Shell() {
  const [palette, setPalette] = useState(0);
  const [help, setHelp] = useState(false);
  const [time, setTime] = useState(false);
  const live = useLive();
  const navigate = useNavigate();
  const run = (command: Command): boolean => {
    switch (command.kind) {
      case 'go': {
        const page = PAGES.find((p) => p.key === command.key);
        if (page) void navigate({ to: page.path, search: keepShell });
        return page !== undefined;
      }
      case 'palette':
        setPalette((asked) => asked + 1);
        return true;
      case 'help':
        setHelp(true);
        return true;
      case 'query':
        return focusQuery();
      case 'time':
        setTime(true);
        return true;
      case 'refresh':
        live.refresh();
        return true;
      case 'shift':
        live.shift(command.direction);
        return true;
      case 'escape':
        // Popovers and dialogs close themselves; a field is left here.
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
        return false;
    }
  };
  useKeyboard(run);
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">
        To the content
      </a>
      <header className={css.bar}>
        <TenantPicker />
        <Button
          className={css.finder ?? ''}
          onClick={() => setPalette((asked) => asked + 1)}
          aria-label="Command palette"
          aria-keyshortcuts="Control+K"
        >
          <IconSearch size={16} aria-hidden />
          <span className={css.desk}>Find</span>
          <kbd className={css.desk}>Ctrl K</kbd>
        </Button>
        <div className={`${css.space} ${css.desk}`} />
        <TimePicker opened={time} onOpen={setTime} />
        <RefreshPicker />
        <SchemeButton />
      </header>
      <Rail />
      <main id="content" className={css.content} tabIndex={-1}>
        <Outlet />
      </main>
      {palette > 0 && (
        <Suspense>
          <Palette asked={palette} />
        </Suspense>
      )}
      <Modal opened={help} onClose={() => setHelp(false)} title="Keyboard" size={440}>
        <KeysTable />
      </Modal>
    </div>
  );
}

function focusQuery(): boolean {
  const field = document.querySelector('[data-query]');
  if (!(field instanceof HTMLElement)) return false;
  field.focus();
  if (field instanceof HTMLInputElement) field.select();
  else getSelection()?.selectAllChildren(field);
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}

/** Hands each key's command to `run`; a command that was run is the browser's no longer. */
function useKeyboard(run: (command: Command) => boolean): void {
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    let state = AT_REST;
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      // An open dialog keeps its keys.
      const inDialog = event.target instanceof Element && event.target.closest('[role="dialog"]') !== null;
      const meaning = pressKey(state, {
        key: event.key,
        command: event.ctrlKey || event.metaKey,
        alt: event.altKey,
        typing: inDialog || isTyping(event.target),
      });
      state = meaning.state;
      if (meaning.command && latest.current(meaning.command)) event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function Rail() {
  const [wide, setWide] = useState(() => localStorage.getItem('sightline.rail') === 'wide');
  const widen = (): void => {
    localStorage.setItem('sightline.rail', wide ? 'narrow' : 'wide');
    setWide(!wide);
  };
  return (
    <nav className={css.rail} data-wide={wide} aria-label="Pages">
      <div className={css.brand}>
        <IconActivityHeartbeat size={20} aria-hidden />
        <span>Sightline</span>
      </div>
      {PAGES.map((page) => (
        <Tooltip key={page.path} label={`${page.title} (g ${page.key})`} position="right" disabled={wide}>
          <Link to={page.path} search={keepShell} activeOptions={{ exact: page.path === '/', includeSearch: false }}>
            <page.icon size={20} stroke={1.75} aria-hidden />
            <span>{page.title}</span>
          </Link>
        </Tooltip>
      ))}
      <div className={css.space} />
      <button type="button" onClick={widen} aria-label={wide ? 'Hide labels' : 'Show labels'}>
        {wide ? <IconChevronsLeft size={20} aria-hidden /> : <IconChevronsRight size={20} aria-hidden />}
        <span>Hide labels</span>
      </button>
    </nav>
  );
}

const everyText = (seconds: number): string => (seconds === 0 ? 'off' : seconds < 60 ? `${seconds}s` : `${seconds / 60}m`);

function RefreshPicker() {
  const live = useLive();
  return (
    <div className={css.joined}>
      <IconButton label="Refresh (r)" onClick={live.refresh}>
        <IconRefresh size={16} />
      </IconButton>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button className={css.desk ?? ''} aria-label={`Refresh by itself: ${everyText(live.everyS)}`}>
            {everyText(live.everyS)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {REFRESH_CHOICES.map((seconds) => (
            <Menu.Item key={seconds} onClick={() => live.setEveryS(seconds)} fw={seconds === live.everyS ? 600 : 400}>
              {everyText(seconds)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function SchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices = [
    ['light', 'Light', IconSun],
    ['dark', 'Dark', IconMoon],
    ['auto', 'As the system', IconDeviceDesktop],
  ] as const;
  const Icon = choices.find(([scheme]) => scheme === colorScheme)?.[2] ?? IconDeviceDesktop;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button className={css.square ?? ''} aria-label="Light or dark" title="Light or dark">
          <Icon size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(([scheme, title, ItemIcon]) => (
          <Menu.Item
            key={scheme}
            leftSection={<ItemIcon size={16} aria-hidden />}
            fw={scheme === colorScheme ? 600 : 400}
            onClick={() => setColorScheme(scheme)}
          >
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function KeysTable() {
  const rows = [...KEYS_HELP, ...PAGES.map((page): readonly [string, string] => [`g  ${page.key}`, `To ${page.title}`])];
  return (
    <table className={css.keys}>
      <tbody>
        {rows.map(([keys, meaning]) => (
          <tr key={keys}>
            <th scope="row">
              <kbd>{keys}</kbd>
            </th>
            <td>{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
