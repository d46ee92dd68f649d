// The time range of the application: shift, choose, type, and say in which zone.

import { Popover } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconClock } from '@tabler/icons-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { Button, IconButton, errorClass, inputClass, menuClass, monoClass } from '../../kit/Controls.tsx';
import { useLive } from '../../data/Live.tsx';
import type { Live } from '../../data/Live.tsx';
import { QUICK_RANGES, parseMoment, rangeTitle, resolveRange } from '../../data/time-range.ts';
import type { TimeRange } from '../../data/time-range.ts';
import { editText, spanText, zoneName } from '../../data/time-text.ts';
import { useAddress } from '../../data/use-address.ts';
import css from './shell.module.css';

interface TimePickerProps {
  readonly opened: boolean;
  readonly onOpen: (opened: boolean) => void;
}

export function TimePicker({ opened, onOpen }: TimePickerProps) {
  const live = useLive();
  const { set } = useAddress();
  const title = rangeTitle(live.range) ?? spanText(live.span.startMs, live.span.endMs, live.zone);
  return (
    <div className={`${css.joined} ${css.time}`}>
      <IconButton label="Earlier ([)" className={css.desk ?? ''} onClick={() => live.shift(-1)}>
        <IconChevronLeft size={16} />
      </IconButton>
      <Popover opened={opened} onChange={onOpen} position="bottom-end" trapFocus returnFocus>
        <Popover.Target>
          <Button
            className={live.rangeIsWrong ? css.wrong : ''}
            onClick={() => onOpen(!opened)}
            title={spanText(live.span.startMs, live.span.endMs, live.zone)}
            aria-label={`Time range: ${title}`}
          >
            <IconClock size={16} aria-hidden />
            <span>{live.rangeIsWrong ? 'Wrong time range' : title}</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          {opened && (
            <div className={css.picker}>
              <RangeForm key={`${live.range.from} ${live.range.to} ${live.zone}`} live={live} onDone={() => onOpen(false)} />
              <div className={`${menuClass} ${css.quick}`} role="group" aria-label="Quick ranges">
                {QUICK_RANGES.map((quick) => (
                  <button
                    key={quick.from}
                    type="button"
                    aria-current={quick.from === live.range.from && quick.to === live.range.to}
                    onClick={() => {
                      live.setRange(quick);
                      onOpen(false);
                    }}
                  >
                    {quick.title}
                  </button>
                ))}
              </div>
            </div>
          )}
        </Popover.Dropdown>
      </Popover>
      <Button
        className={`${css.zone} ${css.desk}`}
        aria-label={`Time zone: ${zoneName(live.zone)}. Switch to ${live.zone === 'utc' ? 'local time' : 'UTC'}`}
        title={`Times are in ${zoneName(live.zone)}. Click for ${live.zone === 'utc' ? 'local time' : 'UTC'}.`}
        onClick={() => set({ tz: live.zone === 'utc' ? undefined : 'utc' }, true)}
      >
        {live.zone === 'utc' ? 'UTC' : `Local: ${zoneName('local')}`}
      </Button>
      <IconButton label="Later (])" className={css.desk ?? ''} onClick={() => live.shift(1)}>
        <IconChevronRight size={16} />
      </IconButton>
    </div>
  );
}

/** A fixed instant is edited as a date, a relative one as it is. */
function editable(text: string, live: Live): string {
  const ms = /^\d+$/.test(text) ? parseMoment(text, live.nowMs, false) : undefined;
  return ms === undefined ? text : editText(ms, live.zone);
}

function RangeForm({ live, onDone }: { readonly live: Live; readonly onDone: () => void }) {
  const [range, setRange] = useState<TimeRange>({ from: editable(live.range.from, live), to: editable(live.range.to, live) });
  const utc = live.zone === 'utc';
  const resolved = resolveRange(range, live.nowMs, utc);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!resolved) return;
    const fixed = (text: string): string => (text.trim().startsWith('now') ? text.trim() : String(parseMoment(text, live.nowMs, utc)));
    live.setRange({ from: fixed(range.from), to: fixed(range.to) });
    onDone();
  };
  return (
    <form className={css.fields} onSubmit={submit}>
      <label>
        From
        <input
          className={`${inputClass} ${monoClass}`}
          data-autofocus
          value={range.from}
          onChange={(e) => setRange({ ...range, from: e.target.value })}
          spellCheck={false}
        />
      </label>
      <label>
        To
        <input
          className={`${inputClass} ${monoClass}`}
          value={range.to}
          onChange={(e) => setRange({ ...range, to: e.target.value })}
          spellCheck={false}
        />
      </label>
      {resolved ? (
        <span className={css.zone}>{spanText(resolved.startMs, resolved.endMs, live.zone)}</span>
      ) : (
        <span className={errorClass}>now, now-90m, or 2026-08-01 10:00; the end after the start.</span>
      )}
      <span className={css.zone}>{zoneName(live.zone)}</span>
      <Button primary type="submit" disabled={!resolved}>
        Apply
      </Button>
    </form>
  );
}
