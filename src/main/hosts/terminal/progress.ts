/** The progress bar: how far, what is going on, how long still. */
import type { Progress } from '../../../contract/attribution';
import { phaseWords, type Phase } from '../../../contract/words/progress';
import { count, duration } from '../../../contract/words/quantities';

export interface Bar {
  readonly update: (progress: Pick<Progress, 'done' | 'total' | 'remainingMs'> & { readonly phase: Phase }) => void;
  /** Takes it from the screen; the next update draws it again. */
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
      barsize: 16, // with the longest words it keeps within 80 columns
      gracefulExit: false, // Ctrl-C is ours: it ends the run, not the program
    },
    Presets.shades_classic,
  );
  let started = false;
  /** Passes of what came before the adaptive path: what is more are its walks. */
  let before = 0;
  return {
    update: ({ done, total, remainingMs, phase }) => {
      const adaptive = phase.kind === 'adaptive';
      if (!adaptive) before = done;
      const payload = {
        phase: `${phaseWords(phase)}${adaptive ? `, ${count(done - before, 'walk')}` : ''}`,
        left: leftWords(remainingMs, adaptive),
      };
      if (!started) bar.start(total, done, payload);
      started = true;
      bar.setTotal(total); // an adaptive path learns on its way what is still to do
      bar.update(done, payload);
    },
    stop: () => {
      bar.stop();
      started = false;
    },
  };
}

/** `20 s left`; `about 20 s left`, where it follows from a trend. */
function leftWords(remainingMs: number | null, foreseen: boolean): string {
  if (remainingMs === null) return '…';
  return `${foreseen ? 'about ' : ''}${duration(Math.ceil(remainingMs / 1000) * 1000)} left`;
}
