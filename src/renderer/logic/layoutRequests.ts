/** What is asked of the layout's worker, and how it answers. */
import { bestLook, type Look } from './graphLook';
import type { VisibleGraph } from './graphTree';
import { layOut, type Direction, type Layout } from './layout';

/** One of several looks, of which the best one for a view is laid out. */
export interface LayoutRequest {
  readonly looks: readonly (Pick<Look, 'cards'> & {
    readonly graph: Pick<VisibleGraph, 'roots' | 'edges'>;
  })[];
  readonly direction: Direction;
  readonly view: readonly [width: number, height: number];
}

/** Across a worker's messages: a layout, and of which look; or why there is none. */
export interface LayoutAnswer {
  readonly layout: Layout | null;
  readonly look: number;
  readonly reason: string | null;
}

export function answerLayout({ looks, direction, view }: LayoutRequest): LayoutAnswer {
  try {
    const layouts = looks.map(({ graph }) => layOut(graph, direction));
    const look = looks.length === 1 ? 0 : bestLook(looks, layouts, view);
    return { layout: layouts[look]!, look, reason: null };
  } catch (error) {
    return { layout: null, look: 0, reason: error instanceof Error ? error.message : String(error) };
  }
}
