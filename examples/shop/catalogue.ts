// The catalogue: what a product is and costs. Here is the fault that can be switched on and off: `POST /fault?on=1`.

import { Pool } from 'pg';
import { HttpError, serve } from './http-service.ts';
import { logInfo } from './log.ts';

const PRODUCT = 'SELECT id, name, price FROM products WHERE id = $1';

/** As a release that went wrong might have it: a price that depends on the stock. The product that is sold out takes long, and then divides by zero. */
const PRODUCT_WITH_FAULT = `SELECT id, name, price + 100 / stock AS price
  FROM (SELECT *, pg_sleep(CASE stock WHEN 0 THEN 0.4 ELSE 0 END) FROM products WHERE id = $1 OFFSET 0) AS product`;

const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });
let isFaulty = false;

serve({
  'GET /products/{id}': async ({ parameters: { id } }) => {
    const { rows } = await pool.query(isFaulty ? PRODUCT_WITH_FAULT : PRODUCT, [id]);
    if (rows.length === 0) throw new HttpError(404, `no such product: ${id}`);
    return rows[0];
  },
  'POST /fault': async ({ query }) => {
    isFaulty = query.get('on') === '1';
    logInfo(`fault switched ${isFaulty ? 'on' : 'off'}`, {});
    return { fault: isFaulty };
  },
});
