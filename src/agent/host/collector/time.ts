// The system's time, its zone and its clock sources.

import { columns, indexAfter, readText } from '../fields.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const CLOCK_SOURCES = 'devices/system/clocksource';

export const timeCollector: Collector = {
  name: 'time',
  collect(host, out) {
    const nowMs = host.nowMs();
    out.gauge('node_time_seconds', 'The time, in Unix time.', nowMs / 1000);
    const now = new Date(nowMs);
    const offset = -now.getTimezoneOffset() * 60;
    out.gauge('node_time_zone_offset_seconds', 'Distance of the local time zone from UTC, in seconds.', offset, ['time_zone', zoneOf(now)]);
    collectClockSources(host, out);
  },
};

const zones = new Map<number, string>();

/** The zone's short name by the present offset: to ask for it costs milliseconds, and it changes when summer begins or ends. */
function zoneOf(now: Date): string {
  const offset = now.getTimezoneOffset();
  let name = zones.get(offset);
  if (name === undefined) {
    name = zoneName(now);
    zones.set(offset, name);
  }
  return name;
}

/** English conventions know names for few zones each, so two of them are asked. */
function zoneName(now: Date): string {
  const names = ['en-US', 'en-GB'].map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(now);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  });
  return names.find((name) => name !== '' && !/^(?:GMT|UTC)[+-]/.test(name)) ?? names[0] ?? '';
}

function collectClockSources(host: Host, out: Families): void {
  for (const name of host.sys.list(CLOCK_SOURCES) ?? []) {
    const index = indexAfter(name, 'clocksource');
    if (index === undefined) continue;
    const device = String(index);
    for (const source of columns(host.sys.read(`${CLOCK_SOURCES}/${name}/available_clocksource`) ?? '')) {
      const labels = ['device', device, 'clocksource', source];
      out.gauge('node_time_clocksource_available_info', 'Clock sources that the kernel could use; the value is always 1.', 1, labels);
    }
    const current = readText(host.sys, `${CLOCK_SOURCES}/${name}/current_clocksource`);
    if (current === undefined || current === '') continue;
    const labels = ['device', device, 'clocksource', current];
    out.gauge('node_time_clocksource_current_info', 'The clock source that the kernel uses; the value is always 1.', 1, labels);
  }
}
