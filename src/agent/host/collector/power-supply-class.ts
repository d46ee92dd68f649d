// Batteries and chargers from /sys/class/power_supply.
//
// Source: Documentation/ABI/testing/sysfs-class-power; micro-units, and tenths of degrees.

import { readNumber, readText } from '../fields.ts';
import { needList } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'class/power_supply';

/** Files whose metric has another name; the others are named as their file. */
const PLAIN: readonly (readonly [file: string, name: string])[] = [
  ...same('authentic', 'calibrate', 'capacity', 'capacity_alert_max', 'capacity_alert_min', 'online', 'present'),
  ['cycle_count', 'cyclecount'],
  ['time_to_empty_now', 'time_to_empty_seconds'],
  ['time_to_full_now', 'time_to_full_seconds'],
];

const MICRO: readonly (readonly [file: string, name: string])[] = [
  ...same('current_boot', 'current_max', 'energy_empty', 'energy_empty_design', 'energy_full', 'energy_full_design'),
  ...same('voltage_boot', 'voltage_max', 'voltage_max_design', 'voltage_min', 'voltage_min_design', 'voltage_ocv'),
  ...same('charge_control_limit', 'charge_control_limit_max', 'charge_counter', 'charge_empty', 'charge_empty_design'),
  ...same('charge_full', 'charge_full_design', 'charge_term_current', 'constant_charge_current', 'constant_charge_current_max'),
  ...same('constant_charge_voltage', 'constant_charge_voltage_max', 'precharge_current', 'input_current_limit'),
  ['current_now', 'current_ampere'],
  ['energy_now', 'energy_watthour'],
  ['voltage_now', 'voltage_volt'],
  ['charge_now', 'charge_ampere'],
  ['power_now', 'power_watt'],
];

const TENTHS: readonly (readonly [file: string, name: string])[] = [
  'temp',
  'temp_alert_max',
  'temp_alert_min',
  'temp_ambient',
  'temp_ambient_max',
  'temp_ambient_min',
  'temp_max',
  'temp_min',
].map((file) => [file, `${file}_celsius`] as const);

const INFO = [
  'capacity_level',
  'charge_type',
  'health',
  'manufacturer',
  'model_name',
  'serial_number',
  'status',
  'technology',
  'type',
  'usb_type',
  'scope',
] as const;

function same(...files: readonly string[]): (readonly [string, string])[] {
  return files.map((file) => [file, file] as const);
}

export const powerSupplyClassCollector: Collector = {
  name: 'powersupplyclass',
  collect(host, out) {
    for (const supply of needList(host.sys, DIRECTORY)) collectSupply(host, out, supply);
  },
};

/** A supply has a few of these files only, so the directory is listed and what is not there is not asked for. */
function collectSupply(host: Host, out: Families, supply: string): void {
  const files = new Set(host.sys.list(`${DIRECTORY}/${supply}`) ?? []);
  const labels = ['power_supply', supply];
  for (const [group, divisor] of [
    [PLAIN, 1],
    [MICRO, 1e6],
    [TENTHS, 10],
  ] as const) {
    for (const [file, name] of group) {
      const value = files.has(file) ? readNumber(host.sys, `${DIRECTORY}/${supply}/${file}`) : undefined;
      if (value !== undefined) out.gauge(`node_power_supply_${name}`, `Property ${name} of the power supply.`, value / divisor, labels);
    }
  }
  const info = INFO.filter((file) => files.has(file)).flatMap((file) => [file, readText(host.sys, `${DIRECTORY}/${supply}/${file}`) ?? '']);
  out.gauge('node_power_supply_info', 'Properties of the power supply that are not numbers; the value is always 1.', 1, [
    ...labels,
    ...info,
  ]);
}
