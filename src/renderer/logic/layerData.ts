/** The layer graph as data for other programs, of the runs that are shown. */
import { asJson, layerGraphOf, nodeDataOf, type ToldRun } from '../../contract/layerGraph';
import type { ModelSummary } from '../../contract/model';
import type { RunRecord } from '../../contract/studio';
import { examplePlace } from './ranking';

/** A file that stands for what a picture shows. */
export interface DataFile {
  readonly label: string;
  readonly detail: string;
  /** Behind the picture's own name, before `.json`. */
  readonly name: string;
  text(): string;
}

const toldRun = (run: RunRecord, name: string): ToldRun => ({
  name,
  numbered: run.result.examples.map((place) => run.asked.examples[place] ?? place),
  result: run.result,
  layers: run.layers,
});

/** @param runs the main one first @param nameOf what a run is called beside the others */
export function layerDataOf(
  model: ModelSummary,
  runs: readonly RunRecord[],
  example: number,
  nameOf: (run: RunRecord) => string,
): readonly DataFile[] {
  const [main] = runs;
  const place = main ? examplePlace(main, example) : -1;
  const graph: DataFile = {
    label: 'Layers as JSON',
    detail: 'graph, sums, errors of every run',
    name: 'graph',
    text: () =>
      asJson(
        layerGraphOf(
          model,
          runs.map((run) => toldRun(run, nameOf(run))),
        ),
      ),
  };
  if (!main || place < 0) return [graph];
  return [
    graph,
    {
      label: 'Overlay for Model Explorer',
      detail: 'importance mass by layer, as node data',
      name: 'overlay',
      text: () => asJson(nodeDataOf(main, place)),
    },
  ];
}
