// The small controls that all pages share.

import { Tooltip } from '@mantine/core';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import css from './controls.module.css';

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement>;

export function Button({ primary = false, className = '', ...rest }: ButtonProps & { readonly primary?: boolean }) {
  return <button type="button" {...rest} className={`${css.button} ${primary ? css.primary : ''} ${className}`} />;
}

/** A button that is a picture; its label is read aloud and shown when pointed at. */
export function IconButton({ label, className = '', ...rest }: ButtonProps & { readonly label: string }) {
  return (
    <Tooltip label={label}>
      <button type="button" aria-label={label} {...rest} className={`${css.icon} ${className}`} />
    </Tooltip>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, ReactNode])[];
  readonly onChoose: (value: T) => void;
}

/** One of a few, all of them in sight. */
export function Segments<T extends string>({ label, value, choices, onChoose }: SegmentsProps<T>) {
  return (
    <div className={css.segments} role="group" aria-label={label}>
      {choices.map(([choice, title]) => (
        <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChoose(choice)}>
          {title}
        </button>
      ))}
    </div>
  );
}

export const inputClass = css.input ?? '';
export const selectClass = css.select ?? '';
export const menuClass = css.menu ?? '';
/** Over a menu of many: it scrolls, and long texts break. */
export const choicesClass = css.choices ?? '';
export const monoClass = css.mono ?? '';
export const errorClass = css.error ?? '';
