// The cart: takes an order at the catalogue's price, keeps it in the database and queues it for the mailer.

import { metrics } from '@opentelemetry/api';
import { Pool } from 'pg';
import { call, HttpError, serve } from './http-service.ts';
import { logInfo } from './log.ts';
import { send } from './queue.ts';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
const revenue = metrics.getMeter('shop').createCounter('shop.revenue', { description: 'What was ordered, in cents.' });

serve({
  'POST /orders': async ({ body }) => {
    const { product, quantity } = readOrder(body);
    const total = (await priceOf(product)) * quantity;
    const { rows } = await pool.query<{ id: number }>('INSERT INTO orders (product, quantity, total) VALUES ($1, $2, $3) RETURNING id', [
      product,
      quantity,
      total,
    ]);
    const id = rows[0]?.id ?? 0;
    await send(pool, 'orders', id);
    revenue.add(total, { product });
    logInfo('order placed', { order: id, product, quantity, total });
    return { id, product, quantity, total };
  },
});

function readOrder(body: string): { readonly product: string; readonly quantity: number } {
  const order: unknown = JSON.parse(body);
  if (typeof order === 'object' && order !== null && 'product' in order && 'quantity' in order) {
    const { product, quantity } = order;
    if (typeof product === 'string' && typeof quantity === 'number') return { product, quantity };
  }
  throw new HttpError(400, 'an order is {"product": text, "quantity": number}');
}

async function priceOf(product: string): Promise<number> {
  const found = await call('GET', `${process.env['CATALOGUE_URL']}/products/${product}`);
  if (typeof found === 'object' && found !== null && 'price' in found) return Number(found.price);
  throw new HttpError(502, 'the catalogue gave no price');
}
