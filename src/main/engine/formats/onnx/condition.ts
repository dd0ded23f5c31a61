/** What of a loop's body decides whether it goes on: told ahead, no step need be made of a loop that has too many. */
import type { OnnxGraph, OnnxNode } from './proto';

export interface Deciding {
  readonly nodes: OnnxNode[];
  /** Which of the body's inputs they read. */
  readonly inputs: readonly number[];
  /** What they read of the graphs around the body. */
  readonly around: readonly string[];
}

/**
 * @param body of a Loop: its inputs are the step's number, the condition and what is carried, its outputs the condition and the same
 * @returns null where it holds graphs of its own
 */
export function decidingPart({ nodes, inputs, outputs, initialisers }: OnnxGraph): Deciding | null {
  const wanted = new Set([outputs[0]?.name ?? '']);
  const makes = ({ outputs: made }: OnnxNode): boolean => made.some((name) => wanted.has(name));
  for (let size = 0; size < wanted.size;) {
    size = wanted.size;
    for (const node of [...nodes].reverse())
      if (makes(node)) for (const name of node.inputs) if (name !== '') wanted.add(name);
    // What a step reads is what the one before gave.
    inputs.forEach(({ name }, place) => {
      const given = outputs[place - 1];
      if (wanted.has(name) && given) wanted.add(given.name);
    });
  }
  const own = nodes.filter(makes);
  if (own.some(({ attributes }) => attributes.some(({ graph }) => graph !== null))) return null;
  const inside = new Set([
    ...inputs.map(({ name }) => name),
    ...initialisers.map(({ name }) => name),
    ...own.flatMap(({ outputs: made }) => made),
  ]);
  const places = inputs.flatMap(({ name }, place) => (wanted.has(name) ? [place] : []));
  return { nodes: own, inputs: places, around: [...wanted].filter((name) => !inside.has(name)) };
}
