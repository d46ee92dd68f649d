// Answers of many small texts, handed on in pieces that are worth a write.

import { setImmediate as pause } from 'node:timers/promises';

/** Characters after which a piece is handed on, and others get their turn. */
const PIECE_LENGTH = 64 * 1024;

/** The texts of all groups, in their order. Within a group nothing is waited for. */
export async function* inPieces(groups: AsyncIterable<Iterable<string>> | Iterable<Iterable<string>>): AsyncGenerator<string> {
  let piece = '';
  for await (const group of groups) {
    for (const text of group) {
      piece += text;
      if (piece.length < PIECE_LENGTH) continue;
      yield piece;
      piece = '';
      await pause();
    }
  }
  yield piece;
}
