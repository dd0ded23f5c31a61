import { expect, it } from 'vitest';
import { lookAt } from '../../src/renderer/logic/graphLook';
import { layerTree } from '../../src/renderer/logic/graphTree';
import type { Layout } from '../../src/renderer/logic/layout';
import type { LayoutAnswer } from '../../src/renderer/logic/layoutRequests';
import { Layouts } from '../../src/renderer/views/graph/layouts.svelte';

const look = lookAt(layerTree([]), new Set());
const view = [800, 600] as const;
const answer = (width: number, which = 0): LayoutAnswer => ({
  layout: { direction: 'down', width, height: 1, nodes: [], edges: [] } satisfies Layout,
  look: which,
  reason: null,
});

function layouts() {
  const workers: { answer(given: LayoutAnswer): void; ended: boolean }[] = [];
  const reasons: string[] = [];
  const made = new Layouts(
    (heard) => {
      const worker = { answer: heard, ended: false };
      workers.push(worker);
      return { postMessage: () => undefined, terminate: () => (worker.ended = true) };
    },
    (reason) => reasons.push(reason),
  );
  return { made, workers, reasons };
}

it('takes the newest layout alone, and ends the worker of one that is given up', () => {
  const { made, workers } = layouts();
  made.ask([look], 'down', view);
  made.ask([look], 'down', view);
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
  workers[0]!.answer(answer(1));
  expect([made.made, made.busy]).toEqual([null, true]);
  workers[1]!.answer(answer(2));
  expect([made.made?.layout.width, made.busy, workers[1]!.ended]).toEqual([2, false, true]);
});

it('is stopped, says so, keeps the layout before, and is asked again', () => {
  const { made, workers } = layouts();
  made.ask([look], 'down', view);
  workers[0]!.answer(answer(1));
  made.ask([look], 'down', view);
  made.stop();
  expect([made.stopped, made.busy, made.made?.layout.width]).toEqual([true, false, 1]);
  made.ask([look], 'down', view);
  expect([made.stopped, made.busy]).toEqual([false, true]);
});

it('says why a graph could not be laid out', () => {
  const { made, workers, reasons } = layouts();
  made.ask([look], 'down', view);
  workers[0]!.answer({ layout: null, look: 0, reason: 'too deep' });
  expect([reasons, made.busy]).toEqual([['too deep'], false]);
});

it('keeps which of several looks was laid out, and forgets what is of another model', () => {
  const { made, workers } = layouts();
  const other = lookAt(layerTree([]), new Set(['a/']));
  made.ask([look, other], 'down', view);
  workers[0]!.answer(answer(1, 1));
  expect(made.made?.look).toBe(other);
  made.ask([look], 'down', view);
  made.clear();
  expect([made.made, made.busy, workers[1]!.ended]).toEqual([null, false, true]);
});
