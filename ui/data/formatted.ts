// What formatting a query gives, in any language.

export type Formatted = { readonly kind: 'formatted'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string };
