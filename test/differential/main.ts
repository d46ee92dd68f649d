// `npm run differential [-- --queries N --seed N]`: does PromQL answer as Prometheus does?
//
//   data.ts ─▶ both programs;  generate.ts ─▶ query ─▶ both ─▶ compare.ts ─▶ known-differences.ts ─▶ shrink.ts ─▶ a summary
//                                               └───▶ ours alone: is an instant query the step of a range query?

import { parseArgs } from 'node:util';

import { differential } from './run.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { queries: { type: 'string', default: '3000' }, seed: { type: 'string', default: '1' } },
  });
  const [queries, seed] = [Number(values.queries), Number(values.seed)];
  if (!Number.isInteger(queries) || queries < 1 || !Number.isInteger(seed)) {
    console.error('usage: npm run differential [-- --queries N --seed N]');
    return 2;
  }
  const summary = await differential({ queries, seed, print: (line) => console.log(line) });
  return summary.differing === 0 && summary.unequalSteps === 0 ? 0 : 1;
}
