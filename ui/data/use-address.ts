// The address as pages see it: plain texts that they read, and set with or without leaving a step in the history.

import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Address } from './address.ts';

export interface AddressHandle {
  readonly address: Address;
  /** Sets some texts and leaves the others; an absent text goes. `replace` leaves no step to go back to. */
  readonly set: (patch: Address, replace?: boolean) => void;
}

export function useAddress(): AddressHandle {
  const address: Address = useRouterState({ select: (state) => state.location.search });
  const navigate = useNavigate();
  const set = useCallback(
    (patch: Address, replace = false) => void navigate({ to: '.', search: (now: Address) => ({ ...now, ...patch }), replace }),
    [navigate],
  );
  return { address, set };
}
