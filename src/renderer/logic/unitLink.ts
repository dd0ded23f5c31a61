/** Where links to units lead in the model that is open, or why they do not. */
import type { LayerSummary } from '../../contract/model';
import { linkIn, type UnitLink } from '../../contract/unitLink';

/** The link in the address of a page in a browser, `#/unit/HASH/layer:unit`; null where none stands there. @param hash from its `#` on */
export function linkInAddress(hash: string): string | null {
  const [, rest] = /^#\/unit\/(.+)$/.exec(hash) ?? [];
  const link = `mho://${rest}`;
  return rest !== undefined && linkIn(link) ? link : null;
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
  if (model === null)
    return `The link leads into a model of hash ${of(hash)}: open that one first, and it is followed.`;
  if (model.hash !== hash)
    return `The link leads into a model of hash ${of(hash)}; what is open is ${model.name}, of hash ${of(model.hash)}. Open that model: the link is followed then.`;
  const found = model.layers.find(({ name }) => name === layer);
  if (!found) return `The link leads to a layer ${layer}, and ${model.name} has none of that name.`;
  const units = found.units ?? 1;
  if (unit !== null && unit >= units)
    return `The link leads to unit ${unit} of ${layer}, whose units go from 0 to ${units - 1}.`;
  return null;
}
