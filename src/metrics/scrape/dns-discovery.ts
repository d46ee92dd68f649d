// `dns_sd_configs`: targets from DNS records of the types SRV, A, AAAA, MX and NS.
//
// Source: Prometheus `discovery/dns`. A name that does not exist has no targets; one that cannot be asked for keeps those it had.

import type { Log } from '../../base/log.ts';
import type { DnsConfig } from './discovery-config.ts';
import type { Discovery } from './discovery.ts';
import { refreshingDiscovery } from './discovery.ts';
import type { TargetGroup } from './target.ts';

/** What of a resolver the discovery asks; `Resolver` of `node:dns/promises` is one. */
export interface NameResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveMx(name: string): Promise<{ readonly exchange: string }[]>;
  resolveNs(name: string): Promise<string[]>;
  resolveSrv(name: string): Promise<{ readonly name: string; readonly port: number }[]>;
}

interface DnsTarget {
  readonly host: string;
  readonly port: number;
  /** Labels beside the address and the name asked for. */
  readonly labels?: readonly (readonly [string, string])[];
}

/** Asks for every name of the section, each interval. */
export function dnsDiscovery(config: DnsConfig, resolver: NameResolver, log: Log): Discovery {
  const found = new Map<string, TargetGroup>();
  return refreshingDiscovery({
    intervalMs: config.refresh_interval,
    log,
    name: 'dns',
    refresh: async () => {
      await Promise.all(
        config.names.map(async (name) => {
          try {
            found.set(name, groupOfName(name, await lookUp(name, config, resolver)));
          } catch (error) {
            log.warn('DNS lookup failed, its targets stay as they were', { name, type: config.type, error });
          }
        }),
      );
      return [...found.values()];
    },
  });
}

function groupOfName(name: string, targets: readonly DnsTarget[]): TargetGroup {
  return {
    source: name,
    labels: new Map(),
    targets: targets.map(({ host, port, labels = [] }) => {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return new Map([['__address__', address], ['__meta_dns_name', name], ...labels]);
    }),
  };
}

const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

async function lookUp(name: string, config: DnsConfig, resolver: NameResolver): Promise<readonly DnsTarget[]> {
  try {
    return await records(name, config, resolver);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return [];
    throw error;
  }
}

async function records(name: string, { type, port }: DnsConfig, resolver: NameResolver): Promise<readonly DnsTarget[]> {
  switch (type.toUpperCase()) {
    case 'A':
      return (await resolver.resolve4(name)).map((host) => ({ host, port }));
    case 'AAAA':
      return (await resolver.resolve6(name)).map((host) => ({ host, port }));
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ exchange }) =>
        named(exchange, port, [['__meta_dns_mx_record_target', qualified(exchange)]]),
      );
    case 'NS':
      return (await resolver.resolveNs(name)).map((host) => named(host, port, [['__meta_dns_ns_record_target', qualified(host)]]));
    default:
      return (await resolver.resolveSrv(name)).map((record) =>
        named(record.name, record.port, [
          ['__meta_dns_srv_record_target', qualified(record.name)],
          ['__meta_dns_srv_record_port', String(record.port)],
        ]),
      );
  }
}

function named(host: string, port: number, labels: readonly (readonly [string, string])[]): DnsTarget {
  return { host: host.replace(/\.+$/, ''), port, labels };
}

/** With the dot at the end, as records are written. */
function qualified(host: string): string {
  return host.endsWith('.') ? host : `${host}.`;
}
