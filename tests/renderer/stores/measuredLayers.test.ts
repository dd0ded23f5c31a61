/** All units of a layer measured: whatever is pressed meanwhile, a number stands under its own question, and what is complete is kept. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntervenedSetup, Params } from '../../../src/contract/studio';
import { MeasuredLayers, type AskedLayer } from '../../../src/renderer/stores/measuredLayers.svelte';
import type { Program } from '../../../src/renderer/stores/program.svelte';

const asked = (example: number, layer = 'a', units = 80): AskedLayer => ({
  setup: { data: 'd', examples: [example] } as unknown as IntervenedSetup,
  ...{ run: 'r', example, to: { kind: 'baseline' }, layer, units },
});
/** What a unit does says what was asked of it. */
const dropOf = (example: number, layer: string, unit: number): number => 1000 * example + (layer === 'a' ? 0 : 500) + unit; // prettier-ignore

/** Answers when the test lets it. */
class Held {
  readonly asked: number[][] = [];
  readonly #waiting: (() => void)[] = [];
  fails = false;
  readonly program = {
    client: {
      request: (_: string, { examples, layer, units }: Params<'knockOuts'>) =>
        new Promise((resolve, reject) => {
          this.asked.push(units);
          const drop = [Float64Array.from(units, (unit) => dropOf(examples[0]!, layer, unit))];
          this.#waiting.push(() => (this.fails ? reject(new Error('gone')) : resolve({ drop, restore: drop })));
        }),
    },
  } as unknown as Program;

  async answer(): Promise<void> {
    this.#waiting.shift()?.();
    for (let turn = 0; turn < 6; turn++) await Promise.resolve();
  }
  async all(): Promise<void> {
    while (this.#waiting.length > 0) await this.answer();
  }
}

describe('a layer that is measured', () => {
  it('tells its time from a few units first, which are not measured again, and is shown when all are there', async () => {
    const held = new Held();
    const layers = new MeasuredLayers();
    expect(layers.expects(asked(3))).toBeNull();
    const foreseen = layers.foresee(held.program, asked(3));
    await held.all();
    await foreseen;
    expect(held.asked).toEqual([[0, 1], [2, 3, 4, 5, 6, 7]]); // prettier-ignore
    expect(layers.expects(asked(3))).toBeGreaterThan(0);
    expect(layers.of('r', 3)).toEqual([]);
    const done = layers.measure(held.program, asked(3));
    expect(layers.running).toMatchObject({ layer: 'a', done: 0, total: 72 });
    await held.answer();
    expect(layers.running).toMatchObject({ done: 32 });
    expect(layers.of('r', 3)).toEqual([]);
    await held.all();
    await done;
    const [told] = layers.of('r', 3);
    expect(told!.units).toHaveLength(80);
    expect(told!.drop[41]).toBe(3041);
    expect(layers.expects(asked(3))).toBe(0);
    expect(layers.of('r', 4)).toEqual([]);
    expect(new MeasuredLayers(layers.view).of('r', 3)).toEqual([told]);
  });

  it('keeps what is complete when it is stopped, or fails, and goes on from there', async () => {
    const held = new Held();
    const layers = new MeasuredLayers();
    const first = layers.measure(held.program, asked(0));
    await held.answer();
    layers.stop();
    expect(layers.running).toBeNull();
    await held.all();
    await first;
    expect(layers.of('r', 0)[0]!.units).toHaveLength(64); // the batch that was under way is complete, too
    expect(layers.fault).toBeNull();
    held.fails = true;
    const failing = layers.measure(held.program, asked(0));
    await held.all();
    await failing;
    expect(layers.fault).not.toBeNull();
    expect(layers.running).toBeNull();
    expect(layers.of('r', 0)[0]!.units).toHaveLength(64);
    held.fails = false;
    const last = layers.measure(held.program, asked(0));
    await held.all();
    await last;
    expect(held.asked.at(-1)).toHaveLength(16);
    expect(layers.of('r', 0)[0]!.units).toHaveLength(80);
    expect(layers.fault).toBeNull();
  });

  it('in any order of presses has only numbers of its own question, one layer once', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('measure' as const), example: fc.nat(2), layer: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('foresee' as const), example: fc.nat(2), layer: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constantFrom('stop' as const, 'answer' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const held = new Held();
        const layers = new MeasuredLayers();
        const going: Promise<void>[] = [];
        for (const each of steps)
          if ('example' in each) going.push(layers[each.kind](held.program, asked(each.example, each.layer)));
          else if (each.kind === 'stop') layers.stop();
          else await held.answer();
        const running = layers.running;
        await held.all();
        await Promise.all(going);
        expect(layers.running).toBeNull();
        if (running) expect(layers.view.some(({ layer, units }) => layer === running.layer && units.length === 80)).toBe(true); // prettier-ignore
        const places = layers.view.map(({ example, layer }) => `${example} ${layer}`);
        expect(new Set(places).size).toBe(places.length);
        for (const { example, layer, units, drop } of layers.view) {
          expect(new Set(units).size).toBe(units.length);
          units.forEach((unit, at) => expect(drop[at]).toBe(dropOf(example, layer, unit)));
        }
      }),
      { numRuns: 150 },
    );
  });
});
