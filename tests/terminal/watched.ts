/** What the engine tells of a run's progress, for tests that press Ctrl-C at a certain point of it and not after a certain time. */
import type { Progress } from '../../src/contract/attribution';
import type * as Attribution from '../../src/main/engine/attribution';

let watch: (progress: Progress) => void = () => undefined;

/** From now on told of every run's progress, after the program. */
export const watchProgress = (told: (progress: Progress) => void): void => {
  watch = told;
};

/** In the place of the module: `vi.mock('…/engine/attribution', async (original) => (await import('./watched')).watched(original))`. */
export const watched = async (original: () => Promise<unknown>): Promise<typeof Attribution> => {
  const actual = (await original()) as typeof Attribution;
  const attribute: typeof actual.attribute = (device, graph, request, options = {}) => {
    const onProgress = (progress: Progress): void => {
      options.onProgress?.(progress);
      watch(progress);
    };
    return actual.attribute(device, graph, request, { ...options, onProgress });
  };
  return { ...actual, attribute };
};
