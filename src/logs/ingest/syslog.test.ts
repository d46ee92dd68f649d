// Syslog: messages of daemons and devices, framing, and the listener under the system's own logger.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silentLog } from '../../base/log.ts';
import { RequestError } from '../../base/request-error.ts';
import { SelfMetrics } from '../../base/self-metrics.ts';
import { parseAddress } from '../../base/settings.ts';
import { RecordingLogWrite } from './recording-write.ts';
import { SYSLOG_MESSAGE_BYTES_MAX, SyslogFrames } from './syslog-frames.ts';
import { SyslogServer } from './syslog-server.ts';
import { parseSyslog } from './syslog.ts';

const NOW = new Date(2024, 0, 2, 12, 0, 0).getTime();
const NONE = { host: '', app: '', procId: '', msgId: '', structuredData: [] as const };
const local = (...clock: [number, number, number, number, number, number]): string =>
  new Date(...clock).toISOString().replace('.000Z', 'Z');

/** A message, and what of it differs from `NONE`; `time` as RFC 3339 with what digits it has. */
const MESSAGES: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  [
    "<34>1 2003-10-11T22:14:15.003Z mymachine su - ID47 - \uFEFF'su root' failed",
    { pri: '4.2', time: '2003-10-11T22:14:15.003Z', host: 'mymachine', app: 'su', msgId: 'ID47', text: "'su root' failed" },
  ],
  [
    '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 p 8710 - - %% Time',
    { pri: '20.5', time: '2003-08-24T12:14:15.000003Z', host: '192.0.2.1', app: 'p', procId: '8710', text: '%% Time' },
  ],
  [
    '<165>1 - - - - - [e@32473 a="1" b="x\\"y\\]\\\\"][f] text',
    {
      pri: '20.5',
      structuredData: [
        ['e@32473_a', '1'],
        ['e@32473_b', 'x"y]\\'],
      ],
      text: 'text',
    },
  ],
  ['<165>1 - h - - - [e a="1"]', { pri: '20.5', host: 'h', structuredData: [['e_a', '1']], text: '' }],
  ['<165>1 - h - - - -', { pri: '20.5', host: 'h', text: '' }],
  ['<13>1 - h - - - [e a="1] text', { pri: '1.5', text: '1 - h - - - [e a="1] text' }], // structured data without an end: all is text
  [
    "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed",
    { pri: '4.2', time: local(2023, 9, 11, 22, 14, 15), host: 'mymachine', app: 'su', procId: '12', text: "'su root' failed" },
  ],
  [
    '<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!',
    { pri: '1.5', time: local(2024, 1, 5, 17, 32, 18), host: '10.0.0.99', text: 'Use the BFG!' },
  ],
  ['<13>Dec 31 23:59:59 h a: x', { pri: '1.5', time: local(2023, 11, 31, 23, 59, 59), host: 'h', app: 'a', text: 'x' }], // last year's
  ['<13>Jan  2 11:00:00 cron[5]: x', { pri: '1.5', time: local(2024, 0, 2, 11, 0, 0), app: 'cron', procId: '5', text: 'x' }], // no host
  ['<13>Jan  2 11:00:00 fe80::1 a: x', { pri: '1.5', time: local(2024, 0, 2, 11, 0, 0), host: 'fe80::1', app: 'a', text: 'x' }],
  [
    '<189>45: *Jan  2 2022 11:00:00.123 UTC: %SYS-5-CONFIG_I: Configured',
    { pri: '23.5', time: '2022-01-02T11:00:00.123Z', app: '%SYS-5-CONFIG_I', text: 'Configured' },
  ], // Cisco
  ['<13>Jan  2 11:00:00 2021 h a: x', { pri: '1.5', time: local(2021, 0, 2, 11, 0, 0), host: 'h', app: 'a', text: 'x' }],
  ['<13>Jan  2 11:00:00 +0130 h a: x', { pri: '1.5', time: '2024-01-02T09:30:00Z', host: 'h', app: 'a', text: 'x' }],
  [
    '<13>2024-01-02T11:00:00.5+01:00 h a[1]: x',
    { pri: '1.5', time: '2024-01-02T10:00:00.5Z', host: 'h', app: 'a', procId: '1', text: 'x' },
  ], // rsyslog's forwarding
  ['<13>myapp: no time', { pri: '1.5', app: 'myapp', text: 'no time' }],
  ['<13>just words here', { pri: '1.5', text: 'just words here' }],
  ['no priority', { text: 'no priority' }],
  ['<999>big', { text: '<999>big' }],
  ['<13>Foo 11 22:14:15 h a: x', { pri: '1.5', text: 'Foo 11 22:14:15 h a: x' }], // no month
  ['', { text: '' }],
];

test('messages', () => {
  for (const [given, { pri, time, ...expected }] of MESSAGES) {
    const { facility, severity, tsNs, isWholeSecond: _, ...rest } = parseSyslog(given, NOW);
    assert.deepEqual(rest, { ...NONE, ...expected }, given);
    assert.equal(facility === undefined ? undefined : `${facility}.${severity}`, pri, given);
    const wanted =
      typeof time === 'string'
        ? BigInt(Date.parse(time)) * 1_000_000n + BigInt(/\.\d{3}(\d+)/.exec(time)?.[1]?.padEnd(6, '0') ?? 0)
        : undefined;
    assert.equal(tsNs, wanted, given);
  }
});

function frames(chunks: readonly string[]): { readonly messages: readonly string[]; readonly cuts: number } {
  const messages: string[] = [];
  let cuts = 0;
  const reader = new SyslogFrames({ message: (bytes) => messages.push(bytes.toString()), cut: () => cuts++ });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { messages, cuts };
}

const LONG = 'x'.repeat(SYSLOG_MESSAGE_BYTES_MAX);

/** A stream, and its messages. */
const STREAMS: readonly (readonly [string, readonly string[]])[] = [
  ['<1>a\n<2>b\n', ['<1>a', '<2>b']],
  ['<1>a\0<2>b', ['<1>a', '<2>b']],
  ['4 <1>a6 <2>b\nc', ['<1>a', '<2>b\nc']],
  ['4 <1>a\n4 <2>b\n<3>c\n', ['<1>a', '<2>b', '<3>c']], // both, and a line end after a counted one
  ['12 monkeys\n7\n', ['12 monkeys', '7']], // a line that begins with a number
  ['1234567890123 <1>a\n', ['1234567890123 <1>a']],
];

test('framing, however the stream is cut', () => {
  for (const [stream, messages] of STREAMS) {
    assert.deepEqual(frames([stream]), { messages, cuts: 0 }, stream);
    assert.deepEqual(frames(stream.split('')), { messages, cuts: 0 }, stream);
  }
  assert.deepEqual(frames([LONG, LONG, 'y\n<1>a\n']), { messages: [LONG, '<1>a'], cuts: 1 });
  assert.deepEqual(frames([`150000 <1>${LONG}`, `${LONG}${LONG}`.slice(0, 150_000 - 3 - LONG.length), '4 <1>a']).messages.slice(1), [
    '<1>a',
  ]);
});

async function start(write: () => RecordingLogWrite) {
  const metrics = new SelfMetrics();
  const address = parseAddress('127.0.0.1:0');
  const clock = { now: () => NOW };
  const server = new SyslogServer({ tcp: address, udp: address, tenant: 't', begin: write, clock, metrics, log: silentLog });
  await server.listen();
  const [tcp = 0, udp = 0] = server.addresses.map(({ port }) => port);
  return { server, tcp, udp, metrics, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("the system's logger over TCP and UDP", async (t) => {
  if (!existsSync('/usr/bin/logger')) return t.skip('there is no /usr/bin/logger here (util-linux)');
  const write = new RecordingLogWrite();
  await using served = await start(() => write);
  const send = (...args: string[]): Promise<unknown> => promisify(execFile)('logger', ['-n', '127.0.0.1', '-i', '-t', 'tester', ...args]);
  await send('-T', '-P', String(served.tcp), '--rfc5424', '--sd-id', 'zoo@123', '--sd-param', 'tiger="hungry"', '-p', 'local3.err', 'one');
  await send('-T', '-P', String(served.tcp), '--octet-count', '--rfc5424', '-p', 'user.debug', 'two');
  await send('-T', '-P', String(served.tcp), '--rfc3164', '-p', 'mail.crit', 'three');
  await send('-d', '-P', String(served.udp), '--rfc5424', 'four');
  await send('-d', '-P', String(served.udp), '--rfc3164', 'five');
  while (write.lines.length < 5) await sleep(10);
  // Connections and datagrams keep no order among each other.
  const order = ['one', 'two', 'three', 'four', 'five'];
  const lines = order
    .map((text) => write.lines.find((line) => line.includes(`"${text}"`)) ?? '')
    .map((line) =>
      line
        .replace(/ \d+ "/, ' "')
        .replaceAll(/host="[^"]+"|_id="\d+"|timeQuality\w+="\w+",? ?/g, (text) => text.slice(0, text.indexOf('='))),
    );
  assert.match(
    lines[0] ?? '',
    /^\{app="tester", facility="local3", host, job="syslog", severity="error"\} "one" \{detected_level="error", proc_id.*zoo_123_tiger="hungry"\}$/,
  );
  assert.match(lines[1] ?? '', /severity="debug"\} "two"/);
  assert.match(
    lines[2] ?? '',
    /^\{app="tester", facility="mail", host, job="syslog", severity="critical"\} "three" \{detected_level="critical", proc_id\}$/,
  );
  assert.match(lines[3] ?? '', /severity="notice"\} "four"/);
  assert.match(
    lines[4] ?? '',
    /^\{app="tester", facility="user", host, job="syslog", severity="notice"\} "five" \{detected_level="info", proc_id\}$/,
  );
});

test('the same text twice in a second is two lines; a sender without a name is known by its address', async () => {
  const write = new RecordingLogWrite();
  await using served = await start(() => write);
  const socket = createSocket('udp4');
  for (let i = 0; i < 2; i++) socket.send('<13>Jan  2 11:00:00 cron[5]: x\n\0', served.udp, '127.0.0.1');
  while (write.lines.length < 2) await sleep(10);
  assert.notEqual(write.lines[0], write.lines[1]);
  assert.match(write.lines[0] ?? '', /host="127\.0\.0\.1".* "x"/);
  socket.close();
});

test('while the store cannot take it, TCP waits and UDP is lost and counted; then all that waited is stored', async () => {
  const write = new RecordingLogWrite();
  write.failure = new RequestError('unavailable', 'full');
  let stored = 0;
  const counting = (): RecordingLogWrite => {
    const one = new RecordingLogWrite();
    one.failure = write.failure;
    one.entry = (_labels, { line }) => (one.failure === undefined && line !== 'lost' && stored++, true);
    return one;
  };
  await using served = await start(counting);
  const line = `<13>${'x'.repeat(60_000)}\n`;
  const sender = connect(served.tcp, '127.0.0.1');
  await once(sender, 'connect');
  const total = 600;
  let done = 0;
  for (let i = 0; i < total; i++) sender.write(line, () => done++);
  const datagrams = createSocket('udp4');
  while (!/lost_total\{reason="queue_full"\} [1-9]/.test(served.metrics.render('text'))) {
    datagrams.send('<13>lost', served.udp, '127.0.0.1');
    await sleep(10);
  }
  assert.ok(done < total, 'the sender waits');
  write.failure = undefined;
  while (stored < total) await sleep(20);
  assert.equal(stored, total);
  sender.destroy();
  datagrams.close();
});
