/** Units that a window takes out of a prediction. What is the same from press to press is kept for the question asked last. */
import type { AttributionRequest } from '../../../contract/attribution';
import type { Intervened, KnockOuts, Replacement } from '../../../contract/interventions';
import type { IntervenedSetup, Params } from '../../../contract/studio';
import type { Device } from '../../engine/backends';
import type { Graph } from '../../engine/graph/graph';
import { GroundMemory } from '../../engine/interventions/memory';
import { placesOf } from './arrays';
import { byInput } from './document/data';
import type { Epoch } from './document/epoch';
import type { Engine } from './engine';

/** Examples of which a mean is taken at the most: the first of the data. */
const MOST_IN_MEAN = 64;

/** What is asked of a network, as a run would be whose path nobody walks. */
export const asRun = (setup: Omit<IntervenedSetup, 'backend'>) => ({
  ...setup,
  methods: ['gradient-difference' as const],
  rule: 'right' as const,
  steps: 1,
});

/** A question whose values at both ends may be known already. */
interface Ready {
  readonly graph: Graph;
  readonly request: AttributionRequest;
  readonly pool: AttributionRequest['inputs'] | undefined;
  /** By the place in the pool in place of the number in the data. */
  readonly replaced: (to: Replacement) => Replacement;
  readonly meanOver: number | null;
  readonly memoryOn: (device: Device) => GroundMemory;
}

export class Interventions {
  readonly #last = new WeakMap<Epoch, { readonly of: string; readonly graph: Graph; readonly memory: GroundMemory }>();

  constructor(private readonly engine: Engine) {}

  async together(
    epoch: Epoch,
    { interventions, backend: _choice, ...setup }: Params<'intervene'>,
    use: (work: (device: Device) => Promise<Intervened>) => Promise<Intervened>,
    signal: AbortSignal,
  ): Promise<Intervened> {
    const { graph, request, pool, replaced, meanOver, memoryOn } = await this.#ready(
      epoch,
      setup,
      interventions.map(({ to }) => to),
    );
    const asked = interventions.map((each) => ({ ...each, to: replaced(each.to) }));
    return use(async (device) => {
      const began = performance.now();
      const options = { ...(pool && { pool }), memory: memoryOn(device), signal };
      const { outputs, ...told } = await this.engine.together(device, graph, request, asked, options);
      return {
        ...told,
        outputs: Object.entries(outputs).map(([name, values]) => ({ name, values })),
        meanOver,
        durationMs: performance.now() - began,
        backend: device.info,
      };
    });
  }

  async singles(
    epoch: Epoch,
    { layer, to, units, backend: _choice, ...setup }: Params<'knockOuts'>,
    use: (work: (device: Device) => Promise<KnockOuts>) => Promise<KnockOuts>,
    signal: AbortSignal,
  ): Promise<KnockOuts> {
    const { graph, request, pool, replaced, memoryOn } = await this.#ready(epoch, setup, [to]);
    const asked = { layer, units, to: replaced(to) };
    return use(async (device) => {
      const options = { ...(pool && { pool }), memory: memoryOn(device), signal };
      return { ...(await this.engine.knockOuts(device, graph, request, asked, options)), to };
    });
  }

  async #ready(epoch: Epoch, setup: Omit<IntervenedSetup, 'backend'>, to: readonly Replacement[]): Promise<Ready> {
    const { data, openModel } = epoch;
    const asked = data.request(asRun(setup), openModel);
    const { graph } = await openModel.at(asked.inputs);
    const drawn = poolOf(epoch, setup.data, to);
    const of = JSON.stringify([setup, drawn.examples]);
    return {
      graph,
      request: asked,
      pool: drawn.examples.length > 0 ? data.rows(setup.data, drawn.examples, openModel) : undefined,
      replaced: (each) => (each.kind === 'example' ? { ...each, example: drawn.examples.indexOf(each.example) } : each),
      meanOver: drawn.meanOver,
      memoryOn: ({ info }) => {
        const last = this.#last.get(epoch);
        const on = `${info.name} ${of}`;
        if (last?.of === on && last.graph === graph) return last.memory;
        const memory = new GroundMemory();
        this.#last.set(epoch, { of: on, graph, memory });
        return memory;
      },
    };
  }
}

/** Rows of the data that replacements read: those of a mean, then examples that are named beside it. @throws EXAMPLES_RANGE */
function poolOf(
  { data, openModel }: Epoch,
  handle: string,
  to: readonly Replacement[],
): { readonly examples: readonly number[]; readonly meanOver: number | null } {
  const named = to.flatMap((each) => (each.kind === 'example' ? [each.example] : []));
  if (!to.some(({ kind }) => kind === 'mean')) return { examples: [...new Set(named)], meanOver: null };
  const { rows, arrays } = data.get(handle, 'input');
  const inputs = Object.values(byInput(arrays, openModel.ports));
  const many = Math.min(MOST_IN_MEAN, ...inputs.map(({ shape }) => shape[0] ?? 0));
  const examples = rows?.slice(0, many) ?? Array.from({ length: many }, (_, at) => at);
  placesOf(named, examples);
  return { examples, meanOver: many };
}
