// `/api/echo`, `/api/status/buildinfo`, `/status/version`: what clients ask before they ask for traces.
//
// Source: Tempo HTTP API documentation, "Query Echo endpoint", "Status", "List build information".

import { json, plain, type Route } from '../../server/route.ts';
import { route, type TracesApiOptions } from './context.ts';

/** The routes of the program's state. */
export function statusRoutes({ status: { version, revision } }: Pick<TracesApiOptions, 'status'>): readonly Route[] {
  const build = { version, revision, branch: '', buildDate: '', buildUser: '', goVersion: '' };
  return [
    route('/api/echo', 'Says that queries can be asked.', () => plain('echo')),
    route('/api/status/buildinfo', 'The version of the program.', () => json(build)),
    route('/status/version', 'The version of the program, as text.', () => plain(`sightline, version ${version}\n`)),
  ];
}
