// Small files that must survive a crash: the old text or the new one, never a part of either.

import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file's text; when it resolves the new one is on disk. Two replacements of one file must not overlap. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const directory = await open(dirname(path));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
