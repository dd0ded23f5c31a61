import fc from 'fast-check';
import { expect, test } from 'vitest';
import { History } from '../../src/renderer/logic/history';

interface State {
  readonly methods: readonly string[];
  readonly steps: number;
}
const state = (steps: number, ...methods: string[]): State => ({ steps, methods });

test('what was there before comes back, and goes again; a change after that forgets what was undone', () => {
  let now = 0;
  const history = new History<State>(new Set(['steps']), () => (now += 1000));
  history.begin(state(1));
  for (const steps of [2, 3]) history.saw(state(steps));
  expect([history.undo(), history.undo(), history.undo()]).toEqual([state(2), state(1), null]);
  expect(history.redo()).toEqual(state(2));
  history.saw(state(9));
  expect(history.redo()).toBeNull();
  expect(history.undo()).toEqual(state(2));
});

test('the same state told anew is no change; a slider that is drawn is one, two choices are two', () => {
  let now = 0;
  const history = new History<State>(new Set(['steps']), () => now);
  history.begin(state(1, 'nig'));
  history.saw(state(1, 'nig'));
  expect(history.canUndo).toBe(false);
  for (const steps of [2, 3, 4]) {
    now += 100;
    history.saw(state(steps, 'nig'));
  }
  for (const methods of [['rescale'], []]) history.saw(state(4, ...methods));
  expect(history.undo()).toEqual(state(4, 'rescale'));
  expect(history.undo()).toEqual(state(4, 'nig'));
  expect(history.undo()).toEqual(state(1, 'nig'));
});

test('in whatever order things are changed, undone and redone, it is a list and a place in it', () => {
  const act = fc.oneof(
    fc.record({ do: fc.constant('change' as const), steps: fc.nat({ max: 4 }) }),
    fc.record({ do: fc.constantFrom('undo' as const, 'redo' as const, 'tell' as const), steps: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      let now = 0;
      const history = new History<State>(new Set(['steps']), () => (now += 1000));
      history.begin(state(0));
      let list = [0];
      let at = 0;
      for (const { do: what, steps } of acts) {
        if (what === 'change') {
          history.saw(state(steps));
          if (steps !== list[at]) {
            list = [...list.slice(0, at + 1), steps];
            at++;
          }
        } else if (what === 'tell') history.saw(state(list[at]!));
        else {
          const to = what === 'undo' ? at - 1 : at + 1;
          const there = to >= 0 && to < list.length;
          expect(history[what]()).toEqual(there ? state(list[to]!) : null);
          if (there) at = to;
        }
        expect([history.canUndo, history.canRedo]).toEqual([at > 0, at < list.length - 1]);
      }
    }),
  );
});
