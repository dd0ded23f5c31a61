/** Layouts of the graph, made off the main thread, the newest asked for alone; they can be stopped and asked for again. */
import type { LayoutAnswer, LayoutRequest } from '../../logic/layoutRequests';
import type { Look } from '../../logic/graphLook';
import type { Direction, Layout } from '../../logic/layout';

/** As much of a worker as is used. */
export interface LayoutWorker {
  postMessage(request: LayoutRequest): void;
  terminate(): void;
}

/** A look, and where its cards stand. */
export interface LaidOut {
  readonly look: Look;
  readonly layout: Layout;
}

export class Layouts {
  /** The last one that was made. */
  made = $state.raw<LaidOut | null>(null);
  busy = $state(false);
  /** Stopped by the user. */
  stopped = $state(false);
  #worker: LayoutWorker | null = null;

  /**
   * @param start begins a worker, whose answer is handed on
   * @param failed is told why a graph could not be laid out
   */
  constructor(
    private readonly start: (heard: (answer: LayoutAnswer) => void) => LayoutWorker,
    private readonly failed: (reason: string) => void,
  ) {}

  /** Lays out the best of some looks for a view; what is under way is given up. */
  ask(looks: readonly Look[], direction: Direction, view: readonly [number, number]): void {
    this.end();
    this.stopped = false;
    this.busy = true;
    const worker = this.start(({ layout, look, reason }) => {
      if (worker !== this.#worker) return;
      this.end();
      if (layout) this.made = { look: looks[look]!, layout };
      else this.failed(reason ?? 'for no known reason');
    });
    this.#worker = worker;
    worker.postMessage({
      looks: looks.map(({ graph: { roots, edges }, cards }) => ({
        graph: { roots, edges },
        cards,
      })),
      direction,
      view,
    });
  }

  /** What was laid out is of another model. */
  clear(): void {
    this.end();
    this.made = null;
  }

  /** The user wants it no more. */
  stop(): void {
    this.end();
    this.stopped = true;
  }

  /** Nothing is laid out any more. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.busy = false;
  }
}
