// What this process uses, as metrics under the names that every Prometheus client gives them.
//
// Source: Prometheus documentation, "Writing client libraries", process metrics; the nodejs names are those of prom-client.

import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SelfMetrics } from './self-metrics.ts';

const NS_PER_SECOND = 1e9;
const LAG_RESOLUTION_MS = 20;

/** Registers the metrics of the process and of its runtime. */
export function collectProcessMetrics(metrics: SelfMetrics): void {
  const startTime = Date.now() / 1000 - process.uptime();
  metrics.gauge('process_start_time_seconds', 'Start time of the process since the Unix epoch in seconds.').set(startTime);
  metrics.gauge('nodejs_version_info', 'Version of Node.js.', ['version']).set(1, process.version);
  const cpu = metrics.counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.');
  const resident = metrics.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
  const virtual = metrics.gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.');
  const openFds = metrics.gauge('process_open_fds', 'Number of open file descriptors.');
  const maxFds = metrics.gauge('process_max_fds', 'Maximum number of open file descriptors.');
  const heapTotal = metrics.gauge('nodejs_heap_size_total_bytes', 'Size of the heap of the runtime in bytes.');
  const heapUsed = metrics.gauge('nodejs_heap_size_used_bytes', 'Used part of the heap of the runtime in bytes.');
  const external = metrics.gauge('nodejs_external_memory_bytes', 'Memory outside of the heap in bytes, buffers included.');
  const lag = metrics.gauge('nodejs_eventloop_lag_seconds', 'Delay of the event loop since the last scrape.', ['quantile']);
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  let cpuBefore = 0;
  metrics.onCollect(() => {
    const usage = process.cpuUsage();
    const cpuNow = (usage.user + usage.system) / 1e6;
    cpu.add(Math.max(0, cpuNow - cpuBefore));
    cpuBefore = cpuNow;
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heapTotal.set(memory.heapTotal);
    heapUsed.set(memory.heapUsed);
    external.set(memory.external);
    for (const quantile of [50, 90, 99, 100])
      lag.set(Math.max(0, delay.percentile(quantile) / NS_PER_SECOND - LAG_RESOLUTION_MS / 1000), String(quantile / 100));
    delay.reset();
    const proc = readProc();
    if (proc === undefined) return;
    virtual.set(proc.virtualBytes);
    openFds.set(proc.openFds);
    maxFds.set(proc.maxFds);
  });
}

/** What only Linux's `/proc` tells; undefined elsewhere. */
function readProc(): { readonly virtualBytes: number; readonly openFds: number; readonly maxFds: number } | undefined {
  if (process.platform !== 'linux') return undefined;
  const virtual = /^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const files = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return { virtualBytes: Number(virtual?.[1] ?? 0) * 1024, openFds: readdirSync('/proc/self/fd').length, maxFds: Number(files?.[1] ?? 0) };
}
