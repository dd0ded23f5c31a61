/** Links that lead to a unit of a model, wherever that is open: `mho://HASH/layer:unit`. */

export interface UnitLink {
  /** Of the model. */
  readonly hash: string;
  readonly layer: string;
  /** Null for the layer as a whole. */
  readonly unit: number | null;
}

const LINK = /^mho:\/\/([0-9a-zA-Z_.-]{1,200})\/([^:/?#\s]+)(?::(\d{1,9}))?$/;

/** What a link leads to; null for text that is none. */
export function linkIn(text: string): UnitLink | null {
  const [, hash, layer, unit] = LINK.exec(text.trim()) ?? [];
  if (hash === undefined || layer === undefined) return null;
  try {
    return { hash, layer: decodeURIComponent(layer), unit: unit === undefined ? null : Number(unit) };
  } catch {
    return null; // no percent-encoding
  }
}

/** Names in links are percent-encoded: a layer may be called anything. */
export const placeLink = (hash: string, layer: string, unit: number | null): string =>
  `mho://${hash}/${encodeURIComponent(layer)}${unit === null ? '' : `:${unit}`}`;
