// What the program under test is started with: settings of tenants, and scrape jobs with the texts they are to find.
//
// Every case has a tenant of its own. Scraped cases share the tenant that scraping stores into and are told apart by their job,
// because a target cannot name its tenant.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';

import { stringify } from 'yaml';

export interface ScrapeTarget {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** What the scrape configuration says besides job and address. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** How often each target is scraped, and how long a scrape may take on a machine that is busy; the first of each falls anywhere within it. */
const SCRAPE_INTERVAL = '5s';

export class Setup {
  readonly #tenants = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #targets = new Map<string, ScrapeTarget>();
  readonly #server: Server;
  #tenantCount = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      const target = this.#targets.get(request.url?.replace(/^\//, '').replace(/\?.*/, '') ?? '');
      if (target === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': target.contentType }).end(target.body);
    });
  }

  /** A tenant that no other case has, with limits of its own if any are given. */
  tenant(limits?: Readonly<Record<string, unknown>>): string {
    const name = `case-${++this.#tenantCount}`;
    if (limits !== undefined) this.#tenants.set(name, { limits });
    return name;
  }

  /** A scrape job; gives its name, which is the `job` label of all that it finds. */
  scrape(target: ScrapeTarget): string {
    const job = `job-${this.#targets.size + 1}`;
    this.#targets.set(job, target);
    return job;
  }

  get scrapes(): boolean {
    return this.#targets.size > 0;
  }

  /** Starts to serve the targets and writes the settings file. */
  async write(dir: string): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const scrape = [...this.#targets].map(([job, { config }]) => ({
      job_name: job,
      metrics_path: `/${job}`,
      scrape_interval: SCRAPE_INTERVAL,
      scrape_timeout: SCRAPE_INTERVAL,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      ...config,
    }));
    const settings = {
      host: { enabled: false },
      selfScrape: { interval: '0' },
      limits: { metrics: { futureWindow: '0', outOfOrderWindow: '0' } },
      ...(scrape.length > 0 ? { scrape } : {}),
      ...(this.#tenants.size > 0 ? { tenants: Object.fromEntries(this.#tenants) } : {}),
    };
    const file = join(dir, 'settings.yaml');
    writeFileSync(file, stringify(settings));
    return file;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
