/** Walks a Keras network and those inside it, layer call by layer call, each when what it takes is there. */
import { MhoError } from '../../../../contract/errors';
import type { GraphBuilder } from '../../graph/builder';
import type { Shape } from '../../graph/graph';
import type { HostArray } from '../tensors/array';
import type { Assembly } from '../tensors/assembly';
import {
  type CallSpec,
  isNetwork,
  isReference,
  type LayerSpec,
  networkSpec,
  type NetworkSpec,
  overTime,
  type Reference,
} from './config';
import { archiveKeys } from './keys';
import { blamed, type Enclosing, LayerTranslator, type Made } from './layerTranslator';
import type { Version } from './version';
import type { Place, WeightStore } from './weights';

/** A nesting deeper than this is taken as damage. */
const DEEPEST = 32;

/** A network as it is looked through before anything is made. */
type Surveyed = Pick<Enclosing, 'models' | 'key'> & { readonly shared: boolean };

export class NetworkTranslator {
  private readonly named = new Map<string, number>();
  /** Where layers of a name stand, in networks of which name, and whether the file says that it wrote them before. */
  private readonly places = new Map<string, { readonly place: Place; readonly network: string; readonly shared: boolean }[]>(); // prettier-ignore
  private readonly builder: GraphBuilder;
  readonly layers: LayerTranslator;

  /** @param quantization how the model was quantised, by the first of its layers that tells */
  constructor(to: Assembly, store: WeightStore, version: Version, quantization: unknown) {
    this.builder = to.builder;
    this.layers = new LayerTranslator(to, store, version, quantization);
  }

  /** Translates the whole model. */
  model(model: LayerSpec): void {
    const spec = blamed(model.name, model.kind, () => networkSpec(model));
    const root: Enclosing = { models: [], group: [], key: '', call: '', lead: 0 };
    this.survey(spec, model, { models: [], key: '', shared: false });
    const outputs = this.network(spec, model, root, null);
    spec.outputs.forEach(({ layer, node }, index) => {
      this.builder.output(callName(layer, node), this.layers.value(outputs[index]!, layer));
    });
  }

  /** How often a name stands in the model and those it contains (inner layers with a name of others get their models'), and where. */
  private survey(spec: NetworkSpec, model: LayerSpec, at: Surveyed): void {
    const depth = at.models.length;
    if (depth > DEEPEST) throw fault(model, 'models are nested too deeply');
    const keys = archiveKeys(spec.layers);
    for (const layer of spec.layers) {
      const inner = networkIn(layer);
      const shared = at.shared || layer.isShared || inner?.isShared === true;
      if (inner)
        this.survey(
          blamed(layer.name, layer.kind, () => networkSpec(inner)),
          layer,
          { models: [...at.models, layer.name], key: keyWithin(layer, at, keys), shared },
        );
      else if (layer.kind !== 'InputLayer' || depth === 0)
        this.named.set(layer.name, (this.named.get(layer.name) ?? 0) + 1);
      if (inner || !keys.has(layer.name)) continue;
      const place = { models: at.models, layer: layer.name, key: `${at.key}${keys.get(layer.name)!}` };
      const known = this.places.get(layer.name);
      const found = { place, network: spec.name, shared };
      if (known) known.push(found);
      else this.places.set(layer.name, [found]);
    }
  }

  /** Where a layer that models share may have its weights: in networks of the same name, or the one that the file says it shares with. */
  private twinsOf(layer: LayerSpec, key: string): readonly Place[] {
    const all = this.places.get(layer.name) ?? [];
    const own = all.find(({ place }) => place.key === key);
    if (!own) return [];
    const others = all.filter((each) => each !== own);
    const alike = others.filter(({ network }) => network === own.network);
    const told = others.filter((each) => !alike.includes(each) && (each.shared || own.shared));
    return [...alike, ...(told.length === 1 ? told : [])].map(({ place }) => place);
  }

  /**
   * @param given values for the network's inputs, where another network calls it; null for the model itself
   * @returns one value per output
   */
  private network(spec: NetworkSpec, model: LayerSpec, at: Enclosing, given: readonly Made[] | null): Made[] {
    if (at.group.length > DEEPEST) throw fault(model, 'models are nested too deeply');
    const keys = archiveKeys(spec.layers);
    const inputs = spec.inputs.length
      ? spec.inputs
      : spec.layers.filter((each) => each.kind === 'InputLayer').map(start);
    if (given && given.length !== inputs.length)
      throw fault(model, `it is called with ${given.length} inputs, expected ${inputs.length}`);
    const fed = new Map(inputs.map((reference, index) => [reference.layer, given?.[index]] as const));

    const byName = new Map<string, LayerSpec>();
    for (const layer of spec.layers) {
      if (byName.has(layer.name)) throw fault(layer, 'two layers have this name');
      byName.set(layer.name, layer);
    }

    // Values by `layer` and node; a shared layer has a node per call.
    const made = new Map<string, readonly Made[]>();
    const shapes = recordedShapes(spec);
    const open: { readonly layer: LayerSpec; readonly call: CallSpec; readonly node: number }[] = [];
    for (const layer of spec.layers)
      if (layer.kind === 'InputLayer' && fed.has(layer.name)) {
        made.set(nodeKey(layer.name, 0), [fed.get(layer.name) ?? this.layers.input(layer, at)]);
      } else layer.calls.forEach((call, node) => open.push({ layer, call, node }));

    const ready = (input: Reference | HostArray): boolean =>
      !isReference(input) || made.has(nodeKey(input.layer, input.node));
    const resolve = (reference: Reference | HostArray): Made => {
      if (!isReference(reference)) return reference;
      const values = made.get(nodeKey(reference.layer, reference.node));
      const value = values?.[reference.tensor];
      if (value !== undefined) return value;
      const layer = byName.get(reference.layer);
      const [first] = values ?? [];
      if (layer && typeof first === 'number' && !isNetwork(layer) && this.builder.producer(first)?.op === 'unknown')
        return this.layers.further(first, layer, reference.tensor, shapes.get(outputKey(reference)));
      throw fault(
        layer ?? model,
        `there is no output ${reference.tensor} of call ${reference.node} of ${reference.layer}`,
      );
    };

    // Files list layers in an order that mostly runs already; what waits for others is tried again.
    let waiting = open;
    while (waiting.length) {
      const still: typeof open = [];
      for (const each of waiting) {
        if (!each.call.inputs.every(ready)) {
          still.push(each);
          continue;
        }
        const { layer, call, node } = each;
        const values = call.inputs.map(resolve);
        const name = callName(layer.name, node);
        made.set(
          nodeKey(layer.name, node),
          networkIn(layer)
            ? this.nested(layer, values, at, keys, node)
            : this.layers.call(layer, call, values, at, {
                name: this.nameOf(layer, at, name),
                called: name,
                place: {
                  models: at.models,
                  layer: layer.name,
                  key: `${at.key}${keys.get(layer.name)!}`,
                  twins: () => this.twinsOf(layer, `${at.key}${keys.get(layer.name)!}`),
                },
                recorded: shapes.get(nodeKey(layer.name, node)),
              }),
        );
      }
      if (still.length === waiting.length) {
        const { layer, call } = still[0]!;
        const missing = call.inputs.find((input): input is Reference => !ready(input))!;
        const why = byName.has(missing.layer) ? 'which waits for it in turn' : 'which does not exist';
        throw fault(layer, `it takes its input from ${missing.layer}, ${why}`);
      }
      waiting = still;
    }

    return spec.outputs.map((reference) => {
      if (!byName.has(reference.layer)) throw fault(model, `its output ${reference.layer} does not exist`);
      return resolve(reference);
    });
  }

  private nested(
    layer: LayerSpec,
    values: readonly Made[],
    at: Enclosing,
    keys: ReadonlyMap<string, string>,
    node: number,
  ): Made[] {
    const call = node === 0 ? at.call : `:${node + 1}`;
    const distributed = !isNetwork(layer);
    const made = this.network(
      blamed(layer.name, layer.kind, () => networkSpec(networkIn(layer)!)),
      layer,
      {
        models: [...at.models, layer.name],
        group: [...at.group, callName(layer.name, node)],
        key: keyWithin(layer, at, keys),
        call,
        lead: at.lead + (distributed ? 1 : 0),
      },
      values,
    );
    if (distributed) this.layers.maskOverTime(values, made, at.lead);
    return made;
  }

  /** What a call is called in the graph: by its own name, with its models' where other layers have that too. */
  private nameOf(layer: LayerSpec, at: Enclosing, called: string): string {
    const alone = at.group.length === 0 || this.named.get(layer.name) === 1;
    return alone
      ? this.builder.freeLayerName(called === layer.name ? `${called}${at.call}` : called, at.group)
      : this.builder.freeLayerName([...at.group, called].join('/'));
  }
}

const fault = (layer: LayerSpec, reason: string): MhoError =>
  new MhoError('MODEL_CONFIG', { layer: layer.name, kind: layer.kind, reason });

/** The network that a layer is, or applies at every time step; null for other layers. */
const networkIn = (layer: LayerSpec): LayerSpec | null => (isNetwork(layer) ? layer : overTime(layer));

/** Keys of the weight archive down to the network that a layer is, or applies. */
const keyWithin = (layer: LayerSpec, at: Pick<Enclosing, 'key'>, keys: ReadonlyMap<string, string>): string =>
  `${at.key}${keys.get(layer.name)!}/${isNetwork(layer) ? '' : 'layer/'}`;

/** A shared layer's second call is `name:2`. */
const callName = (layer: string, node: number): string => (node === 0 ? layer : `${layer}:${node + 1}`);
const nodeKey = (layer: string, node: number): string => `${layer}@${node}`;
const start = (layer: LayerSpec): Reference => ({ layer: layer.name, node: 0, tensor: 0, shape: null });
const outputKey = ({ layer, node, tensor }: Reference): string => `${nodeKey(layer, node)}/${tensor}`;

/** Shapes that Keras 3 writes beside each use of a tensor: the only word there is on unknown layers. */
function recordedShapes(spec: NetworkSpec): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const layer of spec.layers)
    for (const call of layer.calls)
      for (const { layer: name, node, tensor, shape } of call.inputs.filter(isReference))
        if (shape) {
          if (tensor === 0) shapes.set(nodeKey(name, node), shape);
          shapes.set(`${nodeKey(name, node)}/${tensor}`, shape);
        }
  return shapes;
}
