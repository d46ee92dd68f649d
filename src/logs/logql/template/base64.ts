// Base64 of texts, without anything that only Node has.

/** The text's UTF-8 bytes in the standard alphabet. */
export function encodeBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * The text of bytes in the standard or the URL alphabet; padding may be missing. What is no base64 gives the error's words, as in the
 * peer: `illegal base64 data at input byte 4`.
 */
export function decodeBase64(text: string): string {
  const clean = text.replaceAll(/[\r\n]/g, '');
  const body = clean.replace(/={1,2}$/, '');
  const bad = body.search(/[^A-Za-z0-9+/_-]/);
  const at = bad >= 0 ? bad : body.length % 4 === 1 ? body.length : -1;
  if (at >= 0) return `illegal base64 data at input byte ${at}`;
  const binary = atob(body.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
