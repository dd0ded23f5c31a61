/** The progress bar: how far, what is going on, how long still. */
import type { Progress } from '../../../contract/attribution';
import { phaseWords, type Phase } from '../../../contract/words/progress';
import { duration } from '../../../contract/words/quantities';

export interface Bar {
  readonly update: (progress: Pick<Progress, 'done' | 'total' | 'remainingMs'> & { readonly phase: Phase }) => void;
  readonly stop: () => void;
}

/** @param screen where to draw; null draws nothing */
export async function progressBar(screen: NodeJS.WriteStream | null): Promise<Bar> {
  if (!screen) return { update: () => undefined, stop: () => undefined };
  const { SingleBar, Presets } = await import('cli-progress');
  const bar = new SingleBar(
    {
      format: '{bar} {percentage} % | {left} | {phase}',
      stream: screen,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 30,
      gracefulExit: false, // Ctrl-C is ours: it ends the run, not the program
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update: ({ done, total, remainingMs, phase }) => {
      const payload = {
        phase: phaseWords(phase),
        left: remainingMs === null ? '…' : `${duration(Math.ceil(remainingMs / 1000) * 1000)} left`,
      };
      if (started) bar.update(done, payload);
      else bar.start(total, done, payload);
      started = true;
    },
    stop: () => bar.stop(),
  };
}
