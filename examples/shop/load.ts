// Customers: a few requests a second to the front, until the program that started this one is gone. They send no telemetry themselves.

const INTERVAL_MS = 300;
const PRODUCTS = ['kettle', 'cup', 'spoon', 'sieve', 'tin', 'tray', 'teapot'];
/** Shares no factor with the number of products, so that each of them is ordered. */
const ORDERED_EVERY = 3;

process.send?.('ready');

for (let at = 0; ; at += 1) {
  const product = PRODUCTS[at % PRODUCTS.length] ?? '';
  // A request that fails is what the demonstration is about; the services tell of it.
  const answered = at % ORDERED_EVERY === 0 ? order(product) : fetch(`${process.env['SHOP_URL']}/products/${product}`);
  answered.then((response) => response.arrayBuffer()).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
}

function order(product: string): Promise<Response> {
  return fetch(`${process.env['SHOP_URL']}/orders`, {
    method: 'POST',
    body: JSON.stringify({ product, quantity: 1 + (product.length % 3) }),
  });
}
