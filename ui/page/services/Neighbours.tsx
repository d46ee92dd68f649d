// Who calls a service, and whom it calls, each with the figures of those calls.

import { largestOf, quantityText } from '../../data/units.ts';
import { ServiceLink } from './ServiceLink.tsx';
import { PER_SECOND, RATIO, SECONDS } from './quantities.ts';
import { ratio } from './service-graph.ts';
import type { Edge } from './service-graph.ts';
import { useEdges } from './use-graph.ts';
import css from './service.module.css';

const SHOWN_MAX = 20;

export function Neighbours({ service }: { readonly service: string }) {
  const { edges, loading, error } = useEdges(service);
  if (error) return <p className={css.nothing}>Who calls whom is missing: {error.message}</p>;
  if (loading) return null;
  return (
    <>
      <Side title="Called by" edges={edges.filter(({ server }) => server === service)} side="client" />
      <Side title="Calls" edges={edges.filter(({ client }) => client === service)} side="server" />
    </>
  );
}

/** A node that sends spans of its own has a page. */
function hasPage({ connection, client }: Edge, side: 'client' | 'server'): boolean {
  return connection === 'services' || connection === 'messaging' || (side === 'client' && connection === 'database' && client !== 'user');
}

function Side({ title, edges, side }: { readonly title: string; readonly edges: readonly Edge[]; readonly side: 'client' | 'server' }) {
  const busiest = largestOf(edges.map(({ rate }) => rate));
  return (
    <section>
      <h2>
        {title} <small>{edges.length}</small>
      </h2>
      {edges.length === 0 ? (
        <p className={css.nothing}>{side === 'client' ? 'Nobody in this range.' : 'Nothing in this range.'}</p>
      ) : (
        <table className={css.table}>
          <tbody>
            {edges.slice(0, SHOWN_MAX).map((edge) => (
              <tr key={edge.key}>
                <th scope="row">{hasPage(edge, side) ? <ServiceLink name={edge[side]} /> : <span>{edge[side]}</span>}</th>
                <td>{quantityText(edge.rate, PER_SECOND, busiest)}</td>
                <td data-bad={(edge.failed ?? 0) > 0}>{quantityText(ratio(edge), RATIO)}</td>
                <td>{quantityText(edge.p95, SECONDS)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edges.length > SHOWN_MAX && (
        <p className={css.nothing}>
          The {SHOWN_MAX} busiest of {edges.length}; the map has all.
        </p>
      )}
    </section>
  );
}
