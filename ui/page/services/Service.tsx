// The page of one service: its rate, errors and duration over time, its operations, who calls it and whom it calls, and the traces to look at first.

import { IconX } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { keepShell } from '../../data/address.ts';
import type { Address } from '../../data/address.ts';
import { useAddress } from '../../data/use-address.ts';
import { serviceColour } from '../../kit/colour.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { FoundTraces } from './FoundTraces.tsx';
import { LinkList } from './LinkList.tsx';
import { Neighbours } from './Neighbours.tsx';
import { OperationTable } from './OperationTable.tsx';
import { RedCharts } from './RedCharts.tsx';
import type { Scope } from './service-queries.ts';
import { readService, serviceAddress } from './service-state.ts';
import type { ServiceState } from './service-state.ts';
import { useServicePictures } from './use-service.ts';
import css from './service.module.css';

export function Service() {
  const { service } = useParams({ from: '/services/$service' });
  // Another service is another page: nothing of the one before is shown in its place.
  return <OneService key={service} service={service} />;
}

function OneService({ service }: { readonly service: string }) {
  const { address, set } = useAddress();
  const state = useMemo(() => readService(address), [address]);
  const go = (patch: Partial<ServiceState>): void => set(serviceAddress({ ...state, ...patch }));
  const scope = useMemo(
    (): Scope => (state.operation === '' ? { service } : { service, operation: state.operation, kind: state.kind || undefined }),
    [service, state.operation, state.kind],
  );
  const pictures = useServicePictures(scope);
  return (
    <div className={css.page}>
      <Head service={service} state={state} onAll={() => go({ operation: '', kind: '' })} />
      {pictures.error ? (
        <Failed title="The service cannot be shown" error={pictures.error} onRetry={pictures.retry} />
      ) : pictures.loading ? (
        <Skeleton rows={16} />
      ) : pictures.calls.length === 0 && !pictures.dim ? (
        <NoSpans service={service} operation={state.operation} />
      ) : (
        <>
          <Notices texts={pictures.lacks} />
          <RedCharts pictures={pictures} />
          <p className={css.basis}>{BASIS[pictures.basis]}</p>
          <div className={css.columns}>
            <OperationTable
              service={service}
              basis={pictures.basis}
              state={state}
              onSort={(sort) => go({ sort })}
              onChoose={(operation, kind) => go({ operation, kind })}
            />
            <div className={css.side}>
              <Neighbours service={service} />
              <section>
                <h2>Links</h2>
                <LinkList
                  own
                  subject={{
                    service,
                    operation: scope.operation,
                    spanKind: scope.kind === undefined ? undefined : `SPAN_KIND_${scope.kind.toUpperCase()}`,
                  }}
                />
              </section>
            </div>
          </div>
          <FoundTraces scope={scope} pictures={pictures} />
        </>
      )}
    </div>
  );
}

const BASIS = {
  metrics:
    'Figures from metrics that are made of spans as they arrive (traces_spanmetrics_…): of the spans that answer requests, where there are any.',
  spans: 'Figures from the spans themselves (TraceQL): no metrics were made of them in this range.',
} as const;

interface HeadProps {
  readonly service: string;
  readonly state: ServiceState;
  readonly onAll: () => void;
}

function Head({ service, state, onAll }: HeadProps) {
  return (
    <header className={css.head}>
      <Link to="/services" search={keepShell}>
        Services
      </Link>
      <span aria-hidden>/</span>
      <h1>
        <i style={{ background: serviceColour(service) }} aria-hidden />
        {service}
      </h1>
      {state.operation !== '' && (
        <Button onClick={onAll} aria-label={`All operations instead of ${state.operation}`}>
          {state.operation}
          {state.kind !== '' && <small>{state.kind}</small>}
          <IconX size={14} aria-hidden />
        </Button>
      )}
      <Link
        className={css.toMap}
        to="/services"
        search={(now: Address) => ({ ...keepShell(now), view: 'map', around: service, open: `node:${service}` })}
      >
        On the map
      </Link>
    </header>
  );
}

function NoSpans({ service, operation }: { readonly service: string; readonly operation: string }) {
  return (
    <Empty title={operation === '' ? `${service} sent no spans in this range` : `${service} has no ${operation} in this range`}>
      <p>
        Widen the time range, choose another tenant, or look at{' '}
        <Link to="/services" search={keepShell}>
          the services that there are
        </Link>
        .
      </p>
    </Empty>
  );
}
