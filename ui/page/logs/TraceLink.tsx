// A link to the trace that an id names. Where this program has no page for traces, it says so and copies the id instead.

import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { keepShell, writeAddress } from '../../data/address.ts';
import { TRACE_ROUTE, tracePath } from '../../data/links.ts';
import { useAddress } from '../../data/use-address.ts';
import { copyText } from '../../kit/CopyButton.tsx';
import css from './detail.module.css';

export function TraceLink({ id }: { readonly id: string }) {
  const router = useRouter();
  const [said, setSaid] = useState('');
  const { address } = useAddress();
  if (Object.hasOwn(router.routesByPath, TRACE_ROUTE)) {
    const href = `${router.basepath}${tracePath(id)}${writeAddress(keepShell(address))}`;
    return (
      <a
        className={css.trace}
        href={href}
        onClick={(event) => {
          // With a key held the browser opens it elsewhere.
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          router.history.push(href);
        }}
      >
        {id}
      </a>
    );
  }
  const copy = (): void =>
    void copyText(id).then(
      () => setSaid('Copied. This program does not show traces yet.'),
      () => setSaid('This program does not show traces yet.'),
    );
  return (
    <span>
      <button type="button" className={css.trace} title="This program does not show traces yet; a click copies the id" onClick={copy}>
        {id}
      </button>
      <span className={css.said} role="status">
        {said}
      </span>
    </span>
  );
}
