// Configuration files through the program's own check: `check-config FILE…` prints a line for each.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The mistake of each file, or undefined for a good one. Throws when a file got no line: nothing may pass unread. */
export async function checkConfigFiles(files: readonly string[]): Promise<ReadonlyMap<string, string | undefined>> {
  if (files.length === 0) return new Map();
  const child = spawn(process.execPath, ['src/main.ts', 'check-config', ...files], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  await once(child, 'close');
  const lines = Buffer.concat(out).toString().split('\n');
  return new Map(
    files.map((file) => {
      const line = lines.find((each) => each.startsWith(`${file}: `));
      if (line === undefined) throw new Error(`check-config said nothing of ${file}: ${Buffer.concat(errors).toString()}`);
      const verdict = line.slice(file.length + 2);
      return [file, verdict === 'ok' ? undefined : verdict];
    }),
  );
}
