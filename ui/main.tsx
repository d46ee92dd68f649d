// Where the pages begin: the router with its routes, the query cache, the theme, and the frame around all of it.

import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './kit/mantine.ts';
import './kit/theme.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { TRACE_ROUTE, readAddress, writeAddress } from './data/address.ts';
import type { Address } from './data/address.ts';
import { AskError } from './data/api.ts';
import { LiveProvider } from './data/Live.tsx';
import { cssVariables, theme } from './kit/mantine.ts';
import { Empty, Failed } from './kit/States.tsx';
import { Shell } from './page/shell/Shell.tsx';

const root = createRootRoute({
  validateSearch: (search: Record<string, unknown>): Address =>
    Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  component: () => (
    <LiveProvider>
      <Shell />
    </LiveProvider>
  ),
  errorComponent: ({ error, reset }: ErrorComponentProps) => (
    <Failed title="This page failed" error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
  ),
  notFoundComponent: () => <Empty title="There is no such page">The rail leads to those that exist.</Empty>,
});

const routes = [
  createRoute({ getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => import('./page/home/Home.tsx'), 'Home') }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    component: lazyRouteComponent(() => import('./page/services/Services.tsx'), 'Services'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services/$service',
    component: lazyRouteComponent(() => import('./page/services/Service.tsx'), 'Service'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics',
    component: lazyRouteComponent(() => import('./page/metrics/Metrics.tsx'), 'Metrics'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/logs',
    component: lazyRouteComponent(() => import('./page/logs/Logs.tsx'), 'Logs'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: TRACE_ROUTE,
    component: lazyRouteComponent(() => import('./page/trace/Trace.tsx'), 'Trace'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/traces',
    component: lazyRouteComponent(() => import('./page/traces/Traces.tsx'), 'Traces'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/targets',
    component: lazyRouteComponent(() => import('./page/targets/Targets.tsx'), 'Targets'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/settings',
    component: lazyRouteComponent(() => import('./page/settings/Settings.tsx'), 'Settings'),
  }),
];

// Pages stand under a prefix of their own, because the peers' interfaces own `/metrics`, `/write` and others at the root.
const BASE = '/ui';

const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: BASE,
  parseSearch: readAddress,
  stringifySearch: writeAddress,
  defaultPreload: 'intent',
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: typeof router;
  }
}

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      // Each refresh asks under a new key; what nobody looks at is forgotten soon.
      gcTime: 30_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (failures, error) => failures < 1 && error instanceof AskError && error.status >= 502,
      retryDelay: 500,
    },
  },
});

// The server gives this document for its root too.
if (!location.pathname.startsWith(BASE)) history.replaceState(null, '', `${BASE}/${location.search}`);

const element = document.getElementById('root');
if (element) {
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
          <RouterProvider router={router} />
        </MantineProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
