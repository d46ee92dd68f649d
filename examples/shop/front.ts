// The front of the shop: what customers ask. It knows nothing itself and asks the catalogue and the cart.

import { call, HttpError, serve } from './http-service.ts';

const catalogue = process.env['CATALOGUE_URL'];
const cart = process.env['CART_URL'];

serve({
  'GET /products/{id}': ({ parameters: { id } }) => call('GET', `${catalogue}/products/${id}`),
  'POST /orders': ({ body }) => call('POST', `${cart}/orders`, readJson(body)),
  'POST /fault': ({ query }) => call('POST', `${catalogue}/fault?${query.toString()}`),
});

function readJson(body: string): object {
  try {
    const read: unknown = JSON.parse(body);
    if (typeof read === 'object' && read !== null) return read;
  } catch {
    // refused below
  }
  throw new HttpError(400, 'a JSON object is expected');
}
