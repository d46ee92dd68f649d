// Functions of times that `line_format` and `label_format` know. The zone of the server is UTC.
//
// Sources: Grafana Loki `pkg/logql/log/fmt.go`; github.com/Masterminds/sprig `date.go`.

import { goFunction, textArg, type TemplateFunction } from '../../../query/template/function.ts';
import { GoTime } from '../../../query/template/go-time.ts';
import { parseGoInt } from '../../../query/template/number.ts';
import { TemplateCallError } from '../../../query/template/template-error.ts';
import { parseTime } from '../../../query/template/time-parse.ts';
import { UTC, zoneOf, type Zone } from '../../../query/template/time-zone.ts';
import type { Value } from '../../../query/template/value.ts';

/** Functions that need the time of day are given it. */
export function timeFunctions(nowMs: () => number): readonly (readonly [string, TemplateFunction])[] {
  const now = (): GoTime => GoTime.ofNs(BigInt(Math.round(nowMs() * 1000)) * 1000n);
  return [
    ['now', goFunction('', now)],
    ['date', goFunction('string any', (args) => dateOf(args[1], now).format(textArg(args, 0)))],
    ['toDate', goFunction('string string', (args) => toDate(textArg(args, 0), UTC, textArg(args, 1)))],
    [
      'toDateInZone',
      goFunction('string string string', (args) => toDate(textArg(args, 0), zoneOf(textArg(args, 1)) ?? UTC, textArg(args, 2))),
    ],
    ['unixEpoch', goFunction('time', ([time]) => String(timeOf(time).seconds))],
    ['unixEpochMillis', goFunction('time', ([time]) => String(floorDivide(timeOf(time).exactNs, 1_000_000n)))],
    ['unixEpochNanos', goFunction('time', ([time]) => String(timeOf(time).ns))],
    ['unixToTime', goFunction('string', (args) => unixToTime(textArg(args, 0)))],
  ];
}

function timeOf(value: Value): GoTime {
  return value instanceof GoTime ? value : GoTime.zero();
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  return (value - (((value % divisor) + divisor) % divisor)) / divisor;
}

/** A time, or an integer of seconds; anything else is now. */
function dateOf(value: Value, now: () => GoTime): GoTime {
  if (value instanceof GoTime) return new GoTime({ seconds: value.seconds, nanos: value.nanos, zone: UTC });
  return typeof value === 'bigint' ? GoTime.ofNs(value * 1_000_000_000n) : now();
}

/** A text that does not fit its layout is Go's zero time. */
function toDate(layout: string, zone: Zone, text: string): GoTime {
  const instant = parseTime(layout, text, zone);
  return instant === undefined ? GoTime.zero() : new GoTime(instant);
}

/** Nanoseconds of the unit that an epoch of so many digits is taken to be in. */
const UNIT_NS: ReadonlyMap<number, bigint> = new Map([
  [5, 86_400_000_000_000n], // days
  [10, 1_000_000_000n],
  [13, 1_000_000n],
  [16, 1000n],
  [19, 1n],
]);

function unixToTime(text: string): GoTime {
  const epoch = /^[+-]?\d+$/.test(text) ? parseGoInt(text.replace(/^([+-]?)0+(?=\d)/, '$1')) : undefined;
  if (epoch === undefined)
    throw new TemplateCallError(`unable to parse time '${text}': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const unit = UNIT_NS.get(text.length);
  if (unit === undefined)
    throw new TemplateCallError(`unable to parse time '${text}': ${text.length} digits are no unit; 5, 10, 13, 16 or 19 are`);
  return GoTime.ofNs(epoch * unit);
}
