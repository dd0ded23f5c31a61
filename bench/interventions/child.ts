/**
 * One model as the studio's service takes units out of it, in a fresh process: how long a press waits, beside one forward pass of the
 * whole network as the window asks for it. child.ts ASKED; prints its answer as JSON.
 */
import { median } from '../process';
import { answering, withService, type Asked } from '../service';

/** Presses at one layer, one after the other. */
export interface Pressed {
  readonly layer: string;
  /** The first press there, ms. */
  readonly first: number;
  /** Median of those after the graph was recorded. */
  readonly after: number;
}

export interface Answer {
  /** A prediction at one example and its baseline, once recorded, ms: two forward passes. */
  readonly predict: number;
  readonly layers: readonly Pressed[];
}

const PRESSES = 12;
/** Presses until work is recorded as a graph. */
const RECORDED = 4;
/** Where layers lie, of all in running order. */
const DEPTHS = [0.1, 0.5, 0.9];

const measured = (asked: Asked): Promise<Answer> =>
  withService(asked, async (get, opened, read) => {
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await work();
      return performance.now() - began;
    };
    const many = async (work: (at: number) => Promise<unknown>): Promise<number[]> => {
      const times: number[] = [];
      for (let at = 0; at < PRESSES; at++) times.push(await timed(() => work(at)));
      return times;
    };
    const question = { data: read.data, examples: [0], baseline: { kind: 'fitting' } as const };
    const predict = await many(() => get('predict', question));
    const layers = opened.summary.layers.filter(({ units }) => units !== null && units > 1);
    const pressed: Pressed[] = [];
    for (const depth of DEPTHS) {
      const { name: layer, units } = layers[Math.floor(depth * layers.length)]!;
      const press = (at: number) =>
        get('intervene', {
          ...question,
          target: { index: 'argmax' },
          interventions: [{ layer, units: [at % units!], to: { kind: 'baseline' } }],
        });
      const [first, ...others] = await many(press);
      pressed.push({ layer, first: first!, after: median(others.slice(RECORDED)) });
    }
    return { predict: median(predict.slice(RECORDED)), layers: pressed };
  });

answering(measured);
