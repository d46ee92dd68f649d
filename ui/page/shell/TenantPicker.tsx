// Whose data is shown: a name typed once and remembered in this browser. Empty is the server's default tenant.

import { Popover } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { useLive } from '../../data/Live.tsx';
import { readRecent, rememberRecent } from '../../data/recent.ts';
import { useAddress } from '../../data/use-address.ts';
import { Button, inputClass, menuClass } from '../../kit/Controls.tsx';
import css from './shell.module.css';

export function TenantPicker() {
  const { tenant } = useLive();
  const { set } = useAddress();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState(tenant);
  const choose = (name: string): void => {
    rememberRecent('tenants', name);
    set({ tenant: name === '' ? undefined : name });
    setOpened(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choose(text.trim());
  };
  const title = tenant === '' ? 'anonymous' : tenant;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button
          aria-label={`Tenant: ${title}`}
          title={`Tenant: ${title}`}
          onClick={() => {
            setText(tenant);
            setOpened(!opened);
          }}
        >
          <IconUsers size={16} aria-hidden />
          <span className={css.desk}>{title}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form className={css.fields} onSubmit={submit}>
          <label>
            Tenant (several: a|b)
            <input
              className={inputClass}
              data-autofocus
              value={text}
              onChange={(e) => setText(e.target.value)}
              placeholder="anonymous"
              spellCheck={false}
            />
          </label>
          <Button primary type="submit">
            Show
          </Button>
        </form>
        <div className={menuClass} role="group" aria-label="Recent tenants">
          {['', ...readRecent('tenants')].map((name) => (
            <button key={name} type="button" aria-current={name === tenant} onClick={() => choose(name)}>
              {name === '' ? 'anonymous (default)' : name}
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
