// `/api/v1/rules`, `alerts`, `alertmanagers`: what a client of Prometheus asks of rules. This program evaluates none yet, so there are none to list:
// clients see a Prometheus without rules, instead of an error on every page that looks for them.
//
// Source: Prometheus HTTP API documentation, "Rules", "Alerts", "Alertmanagers".

import type { Reply, Request, Route } from '../server/route.ts';
import { json } from '../server/route.ts';
import { route } from './api-context.ts';
import { invalidParameter, matchParams } from './api-params.ts';
import { quote } from '../query/scanner.ts';

/** The routes of rules and alerts. */
export function ruleRoutes(): readonly Route[] {
  return [
    route('GET', '/api/v1/rules', 'Rules, by group.', rules),
    route('GET', '/api/v1/alerts', 'Alerts that are pending or firing.', () => success({ alerts: [] })),
    route('GET', '/api/v1/alertmanagers', 'Alertmanagers that alerts are sent to.', () => {
      return success({ activeAlertmanagers: [], droppedAlertmanagers: [] });
    }),
  ];
}

const RULE_TYPES: readonly string[] = ['', 'alert', 'record'];

function rules({ query }: Request): Reply {
  const type = (query.get('type') ?? '').toLowerCase();
  if (!RULE_TYPES.includes(type)) throw invalidParameter('type', `not supported value ${quote(type)}`);
  matchParams(query);
  return success({ groups: [] });
}

function success(data: unknown): Reply {
  return json({ status: 'success', data });
}
