// The name of a service in its colour, as the link to its page.

import { Link } from '@tanstack/react-router';
import { keepShell } from '../../data/address.ts';
import { serviceColour } from '../../kit/colour.ts';
import css from './services.module.css';

export function ServiceLink({ name }: { readonly name: string }) {
  if (name === '') return <span className={css.service}>(no name)</span>;
  return (
    <Link className={css.service} to="/services/$service" params={{ service: name }} search={keepShell} title={name}>
      <i style={{ background: serviceColour(name) }} aria-hidden />
      <span>{name}</span>
    </Link>
  );
}
