/** Lays out graphs off the main thread. */
import type { VisibleGraph } from '../logic/graphTree';
import { layOut, type LayoutAnswer } from '../logic/layout';

self.onmessage = ({ data }: MessageEvent<VisibleGraph>) => {
  let answer: LayoutAnswer;
  try {
    answer = { layout: layOut(data), reason: null };
  } catch (error) {
    answer = { layout: null, reason: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(answer);
};
