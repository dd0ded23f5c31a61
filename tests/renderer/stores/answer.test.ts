import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Answer } from '../../../src/renderer/stores/answer.svelte';

it('never shows an answer under another question, however questions and answers interleave', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.tuple(fc.constantFrom('#1', '#2', '#3'), fc.boolean()), { minLength: 1, maxLength: 6 }),
      async (scheduler, questions) => {
        const answer = new Answer<string>();
        let asked: string | null = null;
        const check = () => {
          if (answer.value !== null) expect(answer.value).toBe(`of ${asked}`);
          if (answer.error !== null) expect((answer.error as Error).message).toBe(`no ${asked}`);
        };
        const steps = questions.map(([of, fails]) => ({
          label: of,
          builder: async () => {
            asked = of;
            answer.ask(
              of,
              scheduler.schedule(Promise.resolve()).then(() => {
                if (fails) throw new Error(`no ${of}`);
                return `of ${of}`;
              }),
            );
            check();
          },
        }));
        scheduler.scheduleSequence(steps);
        while (scheduler.count() > 0) {
          await scheduler.waitOne();
          check();
        }
        await new Promise((resolve) => setTimeout(resolve));
        const [last, failed] = questions.at(-1)!;
        expect([answer.waiting, answer.value, answer.error !== null]).toEqual([
          false,
          failed ? null : `of ${last}`,
          failed,
        ]);
      },
    ),
    { numRuns: 300 },
  );
});

it('shows nothing once nothing is asked', async () => {
  const answer = new Answer<number>();
  answer.ask('one', Promise.resolve(1));
  await new Promise((resolve) => setTimeout(resolve));
  expect([answer.value, answer.waiting]).toEqual([1, false]);
  answer.ask('two', Promise.resolve(2));
  expect([answer.value, answer.waiting]).toEqual([null, true]);
  answer.drop();
  await new Promise((resolve) => setTimeout(resolve));
  expect([answer.value, answer.waiting]).toEqual([null, false]);
});
