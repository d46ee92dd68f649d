// The usual ports of the programs that this one stands for, with the base path that their clients leave out.

export interface PeerPort {
  readonly name: string;
  readonly port: number;
  /** Stands before every path that comes in on the port. */
  readonly base: string;
}

export const PEER_PORTS: readonly PeerPort[] = [
  { name: 'prometheus', port: 9090, base: '/prom' },
  { name: 'loki', port: 3100, base: '' },
  { name: 'tempo', port: 3200, base: '' },
  { name: 'pyroscope', port: 4040, base: '' },
  { name: 'alertmanager', port: 9093, base: '/am' },
  { name: 'mimir', port: 9009, base: '' },
  { name: 'zipkin', port: 9411, base: '' },
  { name: 'jaeger-collector', port: 14268, base: '' },
  { name: 'jaeger-collector-grpc', port: 14250, base: '' },
  { name: 'jaeger-query', port: 16686, base: '/jaeger' },
];
