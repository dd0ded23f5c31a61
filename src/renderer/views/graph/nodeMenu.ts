/** What a node of the layer graph offers on a right click. */
import { placeLink } from '../../../contract/unitLink';
import type { GraphFacts } from '../../logic/graphFacts';
import type { GraphNode } from '../../logic/graphTree';
import type { MenuItem } from '../../logic/menus';
import { copyMenu } from '../../stores/contextMenu.svelte';
import { selection } from '../../stores/selection.svelte';
import { shell } from '../../stores/shell.svelte';
import { studio } from '../../stores/studio.svelte';

export function nodeMenu(
  node: GraphNode,
  facts: GraphFacts,
  { activate, inspect }: { readonly activate: (deep: boolean) => void; readonly inspect: () => void },
): readonly MenuItem[] {
  if (node.group)
    return [
      ...copyMenu({ name: node.label, text: facts.describe(node), tsv: node.layers.join('\n') }),
      { label: node.children ? 'Close the group' : 'Open the group', detail: 'Enter', run: () => activate(false) }, // prettier-ignore
      ...(node.children ? [] : [{ label: 'Open it with all that is in it', detail: 'Shift Enter', run: () => activate(true) }]), // prettier-ignore
    ];
  const { question, model } = studio;
  const starts = question.pathStart === node.id;
  const isOutput = model.summary!.outputs.some(({ name }) => name === node.id);
  return [
    ...copyMenu({
      name: node.id,
      text: facts.describe(node),
      link: placeLink(model.summary!.hash, node.id, null),
    }),
    {
      label: 'About the layer',
      detail: 'I',
      run: () => {
        selection.selectLayer(node.id);
        inspect();
      },
    },
    {
      label: 'Its units in the ranking',
      refused: studio.runs.main ? null : 'Nothing was run yet',
      run: () => {
        selection.selectLayer(node.id);
        shell.view = 'ranking';
        if (shell.maximised === 'graph') shell.maximise('graph');
      },
    },
    {
      label: 'Explain this output',
      refused: !isOutput ? 'It is no output of the model' : model.opened ? null : 'The model is not open',
      run: () => {
        question.explain({ layer: node.id, index: 'argmax' });
        model.refreshEstimate();
      },
    },
    {
      label: starts ? 'Start the path at the input again' : 'Start the path here',
      refused: model.opened ? null : 'The model is not open',
      run: () => {
        question.pathStart = starts ? null : node.id;
        model.refreshEstimate();
      },
    },
  ];
}
