import { expect, it } from 'vitest';
import type { VisibleGraph } from '../../src/renderer/logic/graphTree';
import type { Layout, LayoutAnswer } from '../../src/renderer/logic/layout';
import { Layouts } from '../../src/renderer/views/graph/layouts.svelte';

const graph: VisibleGraph = { roots: [], edges: [], shownBy: new Map() };
const layout = (width: number): Layout => ({ width, height: 1, nodes: [], edges: [] });

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
  made.ask(graph);
  made.ask(graph);
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
  workers[0]!.answer({ layout: layout(1), reason: null });
  expect([made.layout, made.busy]).toEqual([null, true]);
  workers[1]!.answer({ layout: layout(2), reason: null });
  expect([made.layout?.width, made.busy, workers[1]!.ended]).toEqual([2, false, true]);
});

it('is stopped, says so, keeps the layout before, and is asked again', () => {
  const { made, workers } = layouts();
  made.ask(graph);
  workers[0]!.answer({ layout: layout(1), reason: null });
  made.ask(graph);
  made.stop();
  expect([made.stopped, made.busy, made.layout?.width]).toEqual([true, false, 1]);
  made.ask(graph);
  expect([made.stopped, made.busy]).toEqual([false, true]);
});

it('says why a graph could not be laid out', () => {
  const { made, workers, reasons } = layouts();
  made.ask(graph);
  workers[0]!.answer({ layout: null, reason: 'too deep' });
  expect([reasons, made.busy]).toEqual([['too deep'], false]);
});
