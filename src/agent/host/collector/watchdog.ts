// Watchdog timers from /sys/class/watchdog.

import { readNumber, readText } from '../fields.ts';
import { HostError, needList } from '../host.ts';
import type { Collector } from '../host.ts';

const DIRECTORY = 'class/watchdog';

const GAUGES: readonly (readonly [file: string, name: string, help: string])[] = [
  ['bootstatus', 'bootstatus', 'Status of the watchdog at boot.'],
  ['fw_version', 'fw_version', 'Version of the firmware of the watchdog.'],
  ['nowayout', 'nowayout', 'Whether the watchdog cannot be stopped: 1 or 0.'],
  ['timeleft', 'timeleft_seconds', 'Seconds before the watchdog resets the machine.'],
  ['timeout', 'timeout_seconds', 'Seconds that the watchdog waits.'],
  ['pretimeout', 'pretimeout_seconds', 'Seconds before the end at which the watchdog warns.'],
  ['access_cs0', 'access_cs0', 'Whether the watchdog boots from the first chip: 1 or 0.'],
];

const INFO = ['options', 'identity', 'state', 'status', 'pretimeout_governor'] as const;

export const watchdogCollector: Collector = {
  name: 'watchdog',
  collect(host, out) {
    const names = needList(host.sys, DIRECTORY);
    if (names.length === 0) throw new HostError(`${DIRECTORY}: no watchdog`);
    for (const name of names) {
      for (const [file, metric, help] of GAUGES) {
        out.gauge(`node_watchdog_${metric}`, help, readNumber(host.sys, `${DIRECTORY}/${name}/${file}`), ['name', name]);
      }
      const info = INFO.flatMap((file) => [file, readText(host.sys, `${DIRECTORY}/${name}/${file}`) ?? '']);
      out.gauge('node_watchdog_info', 'Properties of the watchdog that are not numbers; the value is always 1.', 1, [
        'name',
        name,
        ...info,
      ]);
    }
  },
};
