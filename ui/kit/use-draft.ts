// The text in a query bar while it is written: what is wrong with it, and what running and formatting it do. Drawn by QueryBar.

import { useEffect, useState } from 'react';
import type { Formatted } from '../data/formatted.ts';

interface DraftOptions {
  /** The query of the page. Another one replaces what is being written. */
  readonly query: string;
  /** What is wrong with a text; empty where nothing is. */
  readonly problemOf: (text: string) => string;
  readonly format: (text: string) => Promise<Formatted>;
  /** Told a text that has no problem. */
  readonly onRun: (query: string) => void;
}

export interface Draft {
  readonly text: string;
  /** Said beneath the text; empty where nothing is wrong. */
  readonly problem: string;
  readonly change: (text: string) => void;
  readonly run: (text: string) => void;
  readonly format: () => void;
}

/** A word that is being written is not called wrong before its writer pauses. */
const PAUSE_MS = 400;

export function useDraft({ query, problemOf, format, onRun }: DraftOptions): Draft {
  const [known, setKnown] = useState(query);
  const [text, setText] = useState(query);
  const [settled, setSettled] = useState(query);
  // What is wrong with a text that somebody wanted to run is said at once.
  const [tried, setTried] = useState('');
  const [refusal, setRefusal] = useState('');
  if (known !== query) {
    setKnown(query);
    setText(query);
  }
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const change = (next: string): void => {
    setText(next);
    setRefusal('');
  };
  const run = (next: string): void => {
    setTried(next);
    setRefusal('');
    if (problemOf(next) === '') onRun(next);
  };
  const layOut = async (): Promise<void> => {
    const formatted = await format(text);
    // What is written meanwhile stays.
    if (formatted.kind === 'formatted') setText((now) => (now === text ? formatted.text : now));
    setRefusal(formatted.kind === 'refused' ? formatted.reason : '');
  };
  const problem = settled === text || tried === text ? problemOf(text) : '';
  return { text, problem: problem === '' ? refusal : problem, change, run, format: () => void layOut() };
}
