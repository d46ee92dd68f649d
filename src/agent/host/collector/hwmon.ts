// Hardware sensors from /sys/class/hwmon: temperatures, fans, voltages, currents, power.
//
// Source: Documentation/hwmon/sysfs-interface.rst; files are `<type><number>_<element>`, mostly in thousandths.

import { parseNumber, scaled } from '../fields.ts';
import { needList } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'class/hwmon';

const SENSOR_TYPES = new Set([
  'vrm',
  'beep_enable',
  'update_interval',
  'in',
  'cpu',
  'fan',
  'pwm',
  'temp',
  'curr',
  'power',
  'energy',
  'humidity',
  'intrusion',
  'freq',
]);

/** Elements of a sensor: `input`, `max`, `label` …, and `''` for a file without an element. */
type Elements = Map<string, string>;

interface Sensor {
  readonly type: string;
  readonly elements: Elements;
}

export const hwmonCollector: Collector = {
  name: 'hwmon',
  collect(host, out) {
    for (const entry of needList(host.sys, DIRECTORY)) collectChip(host, out, `${DIRECTORY}/${entry}`);
  },
};

function collectChip(host: Host, out: Families, directory: string): void {
  const sensors = new Map<string, Sensor>();
  gather(host, directory, sensors);
  gather(host, `${directory}/device`, sensors);
  const chip = chipName(host, directory);
  const human = clean(host.sys.read(`${directory}/name`) ?? '');
  if (human !== '') {
    out.gauge('node_hwmon_chip_names', 'Name that the driver gives to the chip; the value is always 1.', 1, [
      'chip',
      chip,
      'chip_name',
      human,
    ]);
  }
  for (const [key, sensor] of sensors) {
    const label = sensor.elements.get('label');
    const labels = ['chip', chip, 'sensor', key];
    if (label !== undefined) {
      out.gauge('node_hwmon_sensor_label', 'Label that the driver gives to the sensor; the value is always 1.', 1, [
        ...labels,
        'label',
        label,
      ]);
    }
    writeSensor(out, sensor, labels);
  }
}

function gather(host: Host, directory: string, sensors: Map<string, Sensor>): void {
  for (const file of host.sys.list(directory) ?? []) {
    const match = /^([^0-9]+)([0-9]{0,9})(?:_(.+))?$/.exec(file);
    const [, type = '', index = '', element = ''] = match ?? [];
    if (!SENSOR_TYPES.has(type)) continue;
    const text = host.sys.read(`${directory}/${file}`);
    if (text === undefined) continue;
    const key = `${type}${Number(index)}`;
    const sensor = sensors.get(key) ?? { type, elements: new Map<string, string>() };
    sensor.elements.set(element, text.trim());
    sensors.set(key, sensor);
  }
}

/** Sensor numbers depend on the order in which drivers load, the device's place does not: `platform_coretemp_0`. */
function chipName(host: Host, directory: string): string {
  const [name = '', type = ''] = (host.sys.real(`${directory}/device`) ?? '').split('/').toReversed().map(clean);
  if (name !== '') return type === '' ? name : `${type}_${name}`;
  const human = clean(host.sys.read(`${directory}/name`) ?? '');
  return human === '' ? clean(directory.slice(directory.lastIndexOf('/') + 1)) : human;
}

function clean(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9:_]/g, '_')
    .replace(/^_+|_+$/g, '');
}

function writeSensor(out: Families, { type, elements }: Sensor, labels: readonly string[]): void {
  const own = elements.get('');
  if (type === 'beep_enable') {
    out.gauge('node_hwmon_beep_enabled', 'Whether the chip may beep: 1 or 0.', own === '1' ? 1 : 0, labels);
    return;
  }
  if (type === 'vrm') {
    out.gauge('node_hwmon_voltage_regulator_version', 'Version of the voltage regulator.', parseNumber(own), labels);
    return;
  }
  if (type === 'update_interval') {
    const interval = parseNumber(own);
    if (interval !== undefined)
      out.gauge('node_hwmon_update_interval_seconds', 'Interval at which the chip updates, in seconds.', interval / 1000, labels);
    return;
  }
  if (type === 'freq') {
    const megahertz = scaled(parseNumber(elements.get('input')), 1e6);
    const name = clean(elements.get('label') ?? '');
    const help = 'Sensor for frequency, in megahertz.';
    if (name !== '') out.gauge('node_hwmon_freq_freq_mhz', help, megahertz, [...labels.slice(0, 2), 'sensor', name]);
    return;
  }
  for (const [element, text] of elements) {
    const value = parseNumber(text);
    if (element === 'label' || value === undefined) continue;
    const measure = measureOf(type, element, elements.has(''));
    const scaledValue = value / measure.divisor;
    if (measure.kind === 'counter') out.counter(measure.name, measure.help, scaledValue, labels);
    else out.gauge(measure.name, measure.help, scaledValue, labels);
  }
}

interface Measure {
  readonly name: string;
  readonly help: string;
  readonly divisor: number;
  readonly kind: 'gauge' | 'counter';
}

/** Unit and scale by sensor type; the rest is given as it is. */
const UNITS: Readonly<Record<string, readonly [suffix: string, divisor: number, noun: string]>> = {
  in: ['_volts', 1000, 'voltage'],
  cpu: ['_volts', 1000, 'voltage'],
  temp: ['_celsius', 1000, 'temperature'],
  curr: ['_amps', 1000, 'current'],
  energy: ['_joule_total', 1e6, 'energy'],
  power: ['_watt', 1e6, 'power'],
  humidity: ['', 1e6, 'humidity, as a ratio,'],
};

function measureOf(type: string, element: string, hasOwn: boolean): Measure {
  const base = `node_hwmon_${type}`;
  const name = element === 'input' ? (hasOwn ? `${base}_input` : base) : element === '' ? base : `${base}_${clean(element)}`;
  const gauge = (metric: string, help: string, divisor = 1): Measure => ({ name: metric, help, divisor, kind: 'gauge' });
  if (element === 'fault' || element === 'alarm') return gauge(name, `Whether the ${type} sensor reports a ${element}: 1 or 0.`);
  if (element === 'beep') return gauge(`${name}_enabled`, `Whether the ${type} sensor may beep: 1 or 0.`);
  if (type === 'power' && element === 'accuracy') return gauge(name, 'Accuracy of the power meter, as a ratio.', 1e6);
  if (type === 'power' && /^average_interval(?:_min|_max)?$/.test(element)) {
    return gauge(`${name}_seconds`, `Interval of the power meter, in seconds (${element}).`, 1000);
  }
  if (type === 'fan' && /^(?:input|min|max|target)$/.test(element))
    return gauge(`${name}_rpm`, `Fan speed, in rotations per minute (${element}).`);
  const unit = type === 'temp' && element === 'type' ? undefined : UNITS[type];
  if (unit === undefined) return gauge(name, `Element ${element} of a ${type} sensor.`);
  const [suffix, divisor, noun] = unit;
  return { name: `${name}${suffix}`, help: `Sensor for ${noun} (${element}).`, divisor, kind: type === 'energy' ? 'counter' : 'gauge' };
}
