/** Layouts of the graph, made off the main thread, the newest asked for alone; they can be stopped and asked for again. */
import type { VisibleGraph } from '../../logic/graphTree';
import type { Layout, LayoutAnswer } from '../../logic/layout';

/** As much of a worker as is used. */
export interface LayoutWorker {
  postMessage(graph: VisibleGraph): void;
  terminate(): void;
}

export class Layouts {
  /** The last one that was made. */
  layout = $state.raw<Layout | null>(null);
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

  /** Lays out a graph; one that is under way is given up. */
  ask(graph: VisibleGraph): void {
    this.end();
    this.stopped = false;
    this.busy = true;
    const worker = this.start(({ layout, reason }) => {
      if (worker !== this.#worker) return;
      this.end();
      if (layout) this.layout = layout;
      else this.failed(reason ?? 'for no known reason');
    });
    this.#worker = worker;
    worker.postMessage({ roots: graph.roots, edges: graph.edges, shownBy: new Map() });
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
