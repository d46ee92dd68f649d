// What formatting a query gives, in either language.

export type Formatted = { readonly kind: 'formatted'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string };
