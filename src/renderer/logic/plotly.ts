/** The small part of plotly.js that we use, typed; the library itself is loaded when the first plot is shown. */
import type { Trace } from './trace';

export interface PlotPoint {
  readonly customdata?: number;
  readonly pointIndex: number;
  readonly curveNumber: number;
}

interface PlotElement extends HTMLElement {
  on(name: 'plotly_selected' | 'plotly_click', listener: (event?: { points: PlotPoint[] }) => void): void;
  on(name: 'plotly_deselect', listener: () => void): void;
  removeAllListeners(name: string): void;
}

export interface Plotly {
  react(element: HTMLElement, data: readonly Trace[], layout: object, config: object): Promise<PlotElement>;
  purge(element: HTMLElement): void;
  toImage(
    plot: { readonly data: readonly Trace[]; readonly layout: object },
    options: { format: 'svg'; width: number; height: number; scale?: number },
  ): Promise<string>;
  Plots: { resize(element: HTMLElement): void };
}

let loading: Promise<Plotly> | null = null;

/** Loads plotly once. */
export const plotly = (): Promise<Plotly> =>
  (loading ??= import('plotly.js-dist-min').then((module) => (module.default ?? module) as unknown as Plotly));
