/** The notebook's store: whatever is noted in whatever order, the document ends with what is shown, and no other one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Notebook } from '../../../src/contract/notebook';
import { NotebookStore } from '../../../src/renderer/stores/notebook.svelte';

describe('the notebook that is shown', () => {
  it('is what its document ends with; a document that was left gets nothing of another', async () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), unit: fc.nat(2), note: fc.string({ maxLength: 3 }) }),
      fc.record({ kind: fc.constant('toggle' as const), unit: fc.nat(2) }),
      fc.record({ kind: fc.constant('answer' as const) }),
      fc.record({ kind: fc.constant('leave' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        const store = new NotebookStore();
        const waiting: (() => void)[] = [];
        const kept: Notebook[] = [];
        let document = 0;
        const open = (): void => {
          const mine = document++;
          kept[mine] = [];
          store.show([], (notes) => {
            kept[mine] = notes;
            return new Promise((resolve) => waiting.push(resolve));
          });
        };
        const left: Notebook[] = [];
        open();
        for (const each of acts) {
          if (each.kind === 'write') store.write({ layer: `of ${document}`, unit: each.unit }, { note: each.note });
          else if (each.kind === 'toggle') store.toggle({ layer: `of ${document}`, unit: each.unit });
          else if (each.kind === 'answer') waiting.shift()?.();
          else {
            left.push(kept.at(-1)!);
            open();
          }
          await Promise.resolve();
        }
        const settled = store.settled();
        while (waiting.length > 0) {
          waiting.shift()!();
          for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        }
        await settled;
        expect(kept.at(-1)).toEqual(store.notes);
        kept.forEach((notes, at) => expect(notes.every(({ layer }) => layer === `of ${at + 1}`)).toBe(true));
        expect(kept.slice(0, -1)).toEqual(left);
      }),
    );
  });

  it('gives back with Undo what was noted on a unit that was taken out', async () => {
    const { messages } = await import('../../../src/renderer/stores/messages.svelte');
    const store = new NotebookStore();
    store.show([], () => Promise.resolve());
    for (const unit of [0, 1, 2]) store.write({ layer: 'fc', unit }, { note: `of ${unit}` });
    const before = store.notes;
    store.toggle({ layer: 'fc', unit: 1 });
    expect(store.notes).toHaveLength(2);
    messages.list.at(-1)!.action!.run();
    expect(store.notes).toEqual(before);
  });
});
