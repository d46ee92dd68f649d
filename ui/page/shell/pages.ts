// The pages that exist, in the order of the rail. The rail, the palette and the keyboard read this one list.

import { IconChartLine, IconFileText, IconHome2, IconRadar2, IconSettings, IconTimeline, IconTopologyStar3 } from '@tabler/icons-react';

export const PAGES = [
  { path: '/', title: 'Home', key: 'h', icon: IconHome2 },
  { path: '/services', title: 'Services', key: 's', icon: IconTopologyStar3 },
  { path: '/metrics', title: 'Metrics', key: 'm', icon: IconChartLine },
  { path: '/logs', title: 'Logs', key: 'l', icon: IconFileText },
  { path: '/traces', title: 'Traces', key: 'r', icon: IconTimeline },
  { path: '/targets', title: 'Targets', key: 't', icon: IconRadar2 },
  { path: '/settings', title: 'Settings', key: ',', icon: IconSettings },
] as const;
