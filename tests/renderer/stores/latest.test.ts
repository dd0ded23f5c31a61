import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latest } from '../../../src/renderer/stores/latest';

describe('Latest', () => {
  it('takes the newest answer in whatever order answers come, and nothing older after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('answers', 'fails'), { minLength: 1, maxLength: 6 }),
        async (scheduler, ends) => {
          const newest = new Latest();
          const heard: string[] = [];
          const asked = ends.map((end, at) =>
            newest.ask(
              scheduler.schedule(Promise.resolve(at)).then((value) => {
                if (end === 'fails') throw new Error(`${value}`);
                return value;
              }),
              (value) => heard.push(`answer ${value}`),
              (error) => heard.push(`fault ${(error as Error).message}`),
            ),
          );
          await scheduler.waitAll();
          await Promise.all(asked);
          const last = ends.length - 1;
          expect(heard).toEqual([`${ends[last] === 'fails' ? 'fault' : 'answer'} ${last}`]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes an answer that came before anything newer was asked', async () => {
    const newest = new Latest();
    const heard: number[] = [];
    await newest.ask(Promise.resolve(1), (value) => heard.push(value));
    await newest.ask(Promise.resolve(2), (value) => heard.push(value));
    expect(heard).toEqual([1, 2]);
  });

  it('takes nothing of what was dropped', async () => {
    const newest = new Latest();
    const heard: unknown[] = [];
    const asked = newest.ask(
      Promise.resolve(1),
      (value) => heard.push(value),
      (error) => heard.push(error),
    );
    newest.drop();
    await asked;
    expect(heard).toEqual([]);
  });

  it('passes over a failure that nobody asked about', async () => {
    await expect(new Latest().ask(Promise.reject(new Error('gone')), () => undefined)).resolves.toBeUndefined();
  });

  it('does not take what its taker throws for a failure of the question', async () => {
    const failures: unknown[] = [];
    const thrown = new Latest().ask(
      Promise.resolve(1),
      () => {
        throw new Error('the taker');
      },
      (error) => failures.push(error),
    );
    await expect(thrown).rejects.toThrow('the taker');
    expect(failures).toEqual([]);
  });
});
