/** What each method sums along which path, and what its sums promise. */
import type { Method, Rule } from '../../../contract/attribution';
import type { Graph, Node } from '../graph/graph';
import { denseOutputs } from '../graph/support';
import type { SumKind } from './chunk';

export interface MethodSum {
  readonly kind: SumKind;
  readonly steps: number;
  readonly rule: Rule | null;
  /** Whether contributions at a cut sum to F(x) − F(x'). */
  readonly complete: boolean;
  /** Whether the sum approximates an integral, so that its error is estimated. */
  readonly integral: boolean;
}

/** One entry per method; `rule` and `steps` are those asked for Neuron Integrated Gradients. */
export function methodSum(method: Method, rule: Rule, steps: number): MethodSum {
  switch (method) {
    case 'nig':
      return { kind: rule, steps, rule, complete: true, integral: steps > 1 };
    case 'rescale': // one secant step from baseline to input (1704.02685, equation 10)
      return { kind: 'secant', steps: 1, rule: null, complete: true, integral: false };
    case 'reveal-cancel':
    case 'genomics':
      return { kind: method, steps: 1, rule: null, complete: true, integral: false };
    case 'gradient-difference': // the gradient at the input times the difference: the paper's sum with one step
      return { kind: 'right', steps: 1, rule: null, complete: false, integral: false };
    case 'internal-influence': // 1802.03788, definition 1
      return { kind: 'influence', steps, rule: 'trapezoid', complete: false, integral: steps > 1 };
  }
}

/**
 * DeepLIFT's genomics default (deeplift's NonlinearMxtsMode.DeepLIFT_GenomicsDefault): RevealCancel on nonlinearities that
 * follow a dense layer, Rescale on all others.
 */
export function genomicsNonlinearity(graph: Graph): (node: Node) => 'rescale' | 'reveal-cancel' {
  const dense = denseOutputs(graph);
  return (node) => (dense.has(node.inputs[0]!) ? 'reveal-cancel' : 'rescale');
}

/** The sums that run over one grid of points, and so share its forward passes. */
export interface EvenGrid {
  readonly steps: number;
  readonly kinds: SumKind[];
}

/** Methods with the same number of steps share a grid; the shortest grid first, so that DeepLIFT is there at once. */
export function gridsOf(sums: ReadonlyMap<Method, MethodSum>): EvenGrid[] {
  const grids = new Map<number, SumKind[]>();
  for (const { steps, kind } of sums.values()) {
    const kinds = grids.get(steps) ?? [];
    if (!kinds.includes(kind)) kinds.push(kind);
    grids.set(steps, kinds);
  }
  return [...grids].map(([steps, kinds]) => ({ steps, kinds })).sort((a, b) => a.steps - b.steps);
}
