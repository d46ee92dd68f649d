// A button that copies a text, and says that it did.

import { useState } from 'react';
import { Button } from './Controls.tsx';

/** Copies without the clipboard interface too, which browsers keep from pages that came over plain HTTP. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

interface CopyButtonProps {
  /** A text, or how to make it when it is long. */
  readonly text: string | (() => string);
  readonly title: string;
}

export function CopyButton({ text, title }: CopyButtonProps) {
  const [said, setSaid] = useState(title);
  const copy = async (): Promise<void> => {
    try {
      await copyText(typeof text === 'string' ? text : text());
      setSaid('Copied');
    } catch {
      setSaid('Copying is forbidden');
    }
    setTimeout(() => setSaid(title), 1500);
  };
  return (
    <Button onClick={() => void copy()} aria-live="polite">
      {said}
    </Button>
  );
}
