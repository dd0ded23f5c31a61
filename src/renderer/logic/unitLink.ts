/** Links that lead to a unit of a model, wherever that is open; `placeLink` in copying.ts makes them. */
import type { LayerSummary } from '../../contract/model';

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

interface LinkedModel {
  readonly hash: string;
  readonly name: string;
  readonly layers: readonly Pick<LayerSummary, 'name' | 'units'>[];
}

/** Why a link leads nowhere in the open model, in words; null where it leads somewhere. @param of shortens a hash */
export function astray(
  { hash, layer, unit }: UnitLink,
  model: LinkedModel | null,
  of: (hash: string) => string,
): string | null {
  if (model === null) return `The link leads into a model of hash ${of(hash)}: open that one first.`;
  if (model.hash !== hash)
    return `The link leads into a model of hash ${of(hash)}; what is open is ${model.name}, of hash ${of(model.hash)}. Open that model, then the link.`;
  const found = model.layers.find(({ name }) => name === layer);
  if (!found) return `The link leads to a layer ${layer}, and ${model.name} has none of that name.`;
  const units = found.units ?? 1;
  if (unit !== null && unit >= units)
    return `The link leads to unit ${unit} of ${layer}, whose units go from 0 to ${units - 1}.`;
  return null;
}
