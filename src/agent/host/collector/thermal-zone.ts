// Temperatures and cooling devices from /sys/class/thermal.

import { indexAfter, readNumber, readText, scaled } from '../fields.ts';
import { needList } from '../host.ts';
import type { Collector } from '../host.ts';

const DIRECTORY = 'class/thermal';
const MILLIDEGREES = 1000;

export const thermalZoneCollector: Collector = {
  name: 'thermal_zone',
  collect(host, out) {
    for (const entry of needList(host.sys, DIRECTORY)) {
      const zone = indexAfter(entry, 'thermal_zone');
      const device = indexAfter(entry, 'cooling_device');
      const type = readText(host.sys, `${DIRECTORY}/${entry}/type`) ?? '';
      const value = (file: string): number | undefined => readNumber(host.sys, `${DIRECTORY}/${entry}/${file}`);
      if (zone !== undefined) {
        const celsius = scaled(value('temp'), MILLIDEGREES);
        out.gauge('node_thermal_zone_temp', 'Temperature of the zone, in degrees Celsius.', celsius, ['zone', String(zone), 'type', type]);
      }
      if (device !== undefined) {
        const labels = ['name', String(device), 'type', type];
        out.gauge('node_cooling_device_cur_state', 'Present state of the cooling device.', value('cur_state'), labels);
        out.gauge('node_cooling_device_max_state', 'Highest state of the cooling device.', value('max_state'), labels);
      }
    }
  },
};
