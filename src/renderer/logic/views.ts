/**
 * The views of a result, in the order of their tabs. Tabs, number keys and the help on keys are made from this list; the
 * component of each stands in `views/Analysis.svelte`, where the compiler asks for it.
 */
export const VIEWS = [
  { id: 'ranking', name: 'Ranking', roomy: false, whole: false },
  { id: 'completeness', name: 'Completeness', roomy: true, whole: false },
  { id: 'compare', name: 'Compare', roomy: true, whole: false },
  { id: 'path', name: 'Path', roomy: true, whole: false },
  { id: 'examples', name: 'Examples', roomy: true, whole: true },
  { id: 'runs', name: 'Runs', roomy: true, whole: true },
  { id: 'judge', name: 'Judge', roomy: true, whole: true },
] as const satisfies readonly {
  readonly id: string;
  readonly name: string;
  /** Whether it wants the room that the selected unit would take below it. */
  readonly roomy: boolean;
  /** Whether it is about all there is, whichever example is selected. */
  readonly whole: boolean;
}[];
export type View = (typeof VIEWS)[number]['id'];

/** The view that a number key shows; undefined for any other key. */
export const viewOfKey = (key: string): View | undefined =>
  /^[1-9]$/.test(key) ? VIEWS[Number(key) - 1]?.id : undefined;

/** The view beside another one, round and round. */
export function viewBeside(view: View, step: 1 | -1): View {
  const at = VIEWS.findIndex(({ id }) => id === view);
  return VIEWS[(at + step + VIEWS.length) % VIEWS.length]!.id;
}
