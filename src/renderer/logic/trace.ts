/** One line or cloud of points, as plotly.js takes it: the part that we use; numbers alone, no DOM. */
export interface Trace {
  readonly type: 'scatter';
  readonly mode: 'lines' | 'markers' | 'lines+markers';
  readonly name?: string;
  /** `null` for a trace that is only there for the legend. */
  readonly x: ArrayLike<number | null>;
  readonly y: ArrayLike<number | null>;
  readonly text?: readonly string[];
  readonly customdata?: readonly number[];
  readonly hovertemplate?: string;
  readonly hoverinfo?: 'skip';
  readonly showlegend?: boolean;
  readonly line?: { readonly color?: string; readonly width?: number; readonly dash?: string };
  readonly marker?: {
    readonly color?: string | readonly string[];
    readonly size?: number | readonly number[];
    readonly line?: object;
    readonly opacity?: number;
  };
  readonly error_x?: object;
  readonly error_y?: object;
  readonly selectedpoints?: readonly number[] | null;
  readonly selected?: object;
  readonly unselected?: object;
}
