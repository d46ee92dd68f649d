// The command palette: a few letters lead to a page, a service, a metric or a query that ran before. Loaded when it is first opened.

import '@mantine/spotlight/styles.css';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/ScrollArea.css';
import { Spotlight, createSpotlight } from '@mantine/spotlight';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import { useLive } from '../../data/Live.tsx';
import { metricNames } from '../../data/questions.ts';
import { readRecent } from '../../data/recent.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { traceValues } from '../../data/trace-questions.ts';
import { alignSpan } from '../../data/time-range.ts';
import { PAGES } from './pages.ts';
import css from './shell.module.css';

const [store, spotlight] = createSpotlight();
const METRICS_MAX = 20;
const SERVICES_MAX = 10;

interface PaletteProps {
  /** Grows by one each time the palette is asked for. */
  readonly asked: number;
}

/** Every word of the query stands somewhere in the text. */
function matches(text: string, query: string): boolean {
  const low = text.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
}

export function Palette({ asked }: PaletteProps) {
  const navigate = useNavigate();
  const { span } = useLive();
  const [query, setQuery] = useState('');
  useEffect(() => {
    if (asked > 0) spotlight.open();
  }, [asked]);
  const names = useAnswer(metricNames(alignSpan(span, 300_000)), 'minute').data?.value ?? [];
  const go = (to: string, more: Address = {}): void => void navigate({ to, search: (now: Address) => ({ ...keepShell(now), ...more }) });
  const known = useAnswer(traceValues('resource.service.name', '', alignSpan(span, 300_000)), 'minute').data?.value ?? [];
  const services = query === '' ? [] : known.map(({ value }) => value).filter((name) => name !== '' && matches(name, query));
  const pages = PAGES.filter((page) => matches(page.title, query));
  const found = query === '' ? [] : names.filter((name) => matches(name, query));
  const recent = [
    ...readRecent('queries').map((q) => ({ q, page: '/metrics' })),
    ...readRecent('log-queries').map((q) => ({ q, page: '/logs' })),
    ...readRecent('trace-queries').map((q) => ({ q, page: '/traces' })),
  ]
    .filter(({ q }) => matches(q, query))
    .slice(0, 24);
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      scrollable
      maxHeight="60vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.5 }}
    >
      <Spotlight.Search placeholder="Page, service, metric or recent query" aria-label="Page, service, metric or recent query" />
      <Spotlight.ActionsList>
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label="Pages">
            {pages.map((page) => (
              <Spotlight.Action
                className={css.choice ?? ''}
                key={page.path}
                label={page.title}
                leftSection={<page.icon size={16} aria-hidden />}
                onClick={() => go(page.path)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {services.length > 0 && (
          <Spotlight.ActionsGroup label={services.length > SERVICES_MAX ? `Services (${SERVICES_MAX} of ${services.length})` : 'Services'}>
            {services.slice(0, SERVICES_MAX).map((name) => (
              <Spotlight.Action
                className={css.choice ?? ''}
                key={name}
                label={name}
                onClick={() => void navigate({ to: '/services/$service', params: { service: name }, search: keepShell })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.length > 0 && (
          <Spotlight.ActionsGroup label={found.length > METRICS_MAX ? `Metrics (${METRICS_MAX} of ${found.length})` : 'Metrics'}>
            {found.slice(0, METRICS_MAX).map((name) => (
              <Spotlight.Action className={css.choice ?? ''} key={name} label={name} onClick={() => go('/metrics', { q: name })} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {recent.length > 0 && (
          <Spotlight.ActionsGroup label="Recent queries">
            {recent.map(({ q, page }) => (
              <Spotlight.Action className={css.choice ?? ''} key={`${page} ${q}`} label={q} onClick={() => go(page, { q })} />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {pages.length + services.length + found.length + recent.length === 0 && <Spotlight.Empty>Nothing is called that.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
