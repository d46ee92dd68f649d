// The shop's database: PostgreSQL, compiled to WebAssembly, in memory, behind PostgreSQL's own wire protocol. Clients notice no difference.

import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const CONNECTIONS_MAX = 30;

const db = await PGlite.create();
await db.exec(`
  CREATE TABLE products (id text PRIMARY KEY, name text NOT NULL, price integer NOT NULL, stock integer NOT NULL);
  INSERT INTO products VALUES
    ('kettle', 'Kettle', 3900, 12), ('cup', 'Cup', 900, 80), ('spoon', 'Spoon', 400, 200), ('sieve', 'Tea sieve', 700, 35),
    ('tin', 'Tea tin', 1200, 20), ('tray', 'Tray', 2500, 9), ('teapot', 'Teapot', 5900, 0);
  CREATE TABLE orders (id serial PRIMARY KEY, product text NOT NULL, quantity integer NOT NULL, total integer NOT NULL, mailed timestamptz);
  CREATE TABLE messages (queue text NOT NULL, id integer NOT NULL, context jsonb NOT NULL);
`);
const port = Number(process.env['PORT']);
await new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: CONNECTIONS_MAX }).start();
process.send?.('ready');
