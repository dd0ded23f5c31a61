/** Units that a window takes out of a prediction. What is the same from press to press is kept for the question asked last. */
import type { AttributionRequest } from '../../../contract/attribution';
import type { Intervened, KnockOuts, Replacement } from '../../../contract/interventions';
import type { IntervenedSetup, Params } from '../../../contract/studio';
import type { Device } from '../../engine/backends';
import type { Graph } from '../../engine/graph/graph';
import type { GroundOptions } from '../../engine/interventions';
import { averagedPlaces } from '../../engine/interventions/averaged';
import { GroundMemory } from '../../engine/interventions/memory';
import { byInput } from './document/data';
import type { Epoch } from './document/epoch';
import type { Engine } from './engine';

/** Examples of the data that means are over, by their numbers. */
export function averagedOf({ data, openModel }: Epoch, handle: string): readonly number[] {
  const { rows, arrays } = data.get(handle, 'input');
  const counts = Object.values(byInput(arrays, openModel.ports)).map(({ shape }) => shape[0] ?? 0);
  return averagedPlaces(Math.min(...counts)).map((place) => rows?.[place] ?? place);
}

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
  readonly drawn: Pick<GroundOptions, 'pool' | 'averaged'>;
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
    const { graph, request, drawn, replaced, meanOver, memoryOn } = await this.#ready(
      epoch,
      setup,
      interventions.map(({ to }) => to),
    );
    const asked = interventions.map((each) => ({ ...each, to: replaced(each.to) }));
    return use(async (device) => {
      const began = performance.now();
      const options = { ...drawn, memory: memoryOn(device), signal };
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
    { layer, to, units, positions, backend: _choice, ...setup }: Params<'knockOuts'>,
    use: (work: (device: Device) => Promise<KnockOuts>) => Promise<KnockOuts>,
    signal: AbortSignal,
  ): Promise<KnockOuts> {
    const { graph, request, drawn, replaced, memoryOn } = await this.#ready(epoch, setup, [to]);
    const asked = { layer, units, to: replaced(to), ...(positions && { positions }) };
    return use(async (device) => {
      const options = { ...drawn, memory: memoryOn(device), signal };
      return { ...(await this.engine.knockOuts(device, graph, request, asked, options)), to };
    });
  }

  async #ready(epoch: Epoch, setup: Omit<IntervenedSetup, 'backend'>, to: readonly Replacement[]): Promise<Ready> {
    const { data, openModel } = epoch;
    const asked = data.request(asRun(setup), openModel);
    const { graph } = await openModel.at(asked.inputs);
    const named = to.flatMap((each) => (each.kind === 'example' ? [each.example] : []));
    const averaged = to.some(({ kind }) => kind === 'mean') ? averagedOf(epoch, setup.data) : [];
    const pool = [...new Set([...averaged, ...named])];
    const of = JSON.stringify([setup, pool, averaged.length]);
    return {
      graph,
      request: asked,
      drawn: pool.length > 0 ? { pool: data.rows(setup.data, pool, openModel), averaged: [...averaged.keys()] } : {},
      replaced: (each) => (each.kind === 'example' ? { ...each, example: pool.indexOf(each.example) } : each),
      meanOver: averaged.length || null,
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
