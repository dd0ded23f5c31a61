import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerSummary } from '../../src/contract/model';
import { bestLook, looksAt } from '../../src/renderer/logic/graphLook';
import { groupsOpen, layerTree, visibleGraph, type GraphNode } from '../../src/renderer/logic/graphTree';
import { layOut, READABLE } from '../../src/renderer/logic/layout';
import { commonName, pattern } from '../../src/renderer/logic/repeats';

const layer = (name: string, inputs: string[], kind = 'Dense', shape = [4]): LayerSummary => ({
  name,
  kind,
  group: [],
  shape,
  unitAxis: 0,
  units: shape[0]!,
  parameters: 0,
  inputs,
  unsupported: [],
});

/** Encoder layers as attention and a skip, named by a function of the block. */
function encoder(blocks: number, scope: (block: number) => string, from = 'embedding'): LayerSummary[] {
  const made: LayerSummary[] = [];
  let at = from;
  for (let block = 0; block < blocks; block++) {
    const name = (own: string) => `${scope(block)}${own}`;
    made.push(
      layer(name('query'), [at]),
      layer(name('softmax'), [name('query')], 'Softmax'),
      layer(name('add'), [at, name('softmax')], 'Add'),
      layer(name('norm'), [name('add')], 'LayerNormalization'),
    );
    at = name('norm');
  }
  return made;
}
const whole = (middle: LayerSummary[]) => [
  layer('ids', [], 'Input'),
  layer('embedding', ['ids'], 'Embedding'),
  ...middle,
  layer('logits', [middle.at(-1)?.name ?? 'embedding']),
];
const labels = (nodes: readonly GraphNode[]): unknown[] =>
  nodes.map(({ label, children }) => (children ? [label, ...labels(children)] : label));
const shown = (layers: readonly LayerSummary[], levels = 0, first = false) => {
  const tree = layerTree(layers);
  return labels(visibleGraph(tree, groupsOpen(tree, levels, first)).roots);
};

/** Ids of all groups down to a depth. */
const everyGroup = ({ around }: ReturnType<typeof layerTree>, depth = 99) =>
  new Set([...around.values()].flatMap((groups) => groups.slice(0, depth)));
const unfolded = (layers: readonly LayerSummary[], depth: number) => {
  const tree = layerTree(layers);
  return labels(visibleGraph(tree, everyGroup(tree, depth)).roots);
};

describe('repeated blocks', () => {
  it("are one node, by scopes, by scopes as PyTorch writes them, by numbers in names, and by Keras's own names", () => {
    const keras = (kind: string) => (block: number) => `${kind}${block === 0 ? '' : `_${block}`}/`;
    for (const [scope, name] of [
      [(block: number) => `encoder_layer_${block}/`, '12 × encoder_layer'],
      [(block: number) => `layer.${block}/`, '12 × layer'],
      [(block: number) => `block${block + 1}_`, '12 × block'],
      [keras('transformer_encoder'), '12 × transformer_encoder'],
    ] as const)
      expect(shown(whole(encoder(12, scope)))).toEqual(['ids', 'embedding', name, 'logits']);
  });

  it('open to the list of blocks, and each block to its layers', () => {
    const flat = whole(encoder(3, (block) => `block${block}_`));
    expect(unfolded(flat, 1)[2]).toEqual(['3 × block', 'block 0', 'block 1', 'block 2']);
    const inside = ['query', 'softmax', 'add', 'norm'];
    expect(unfolded(flat, 2)[2]).toEqual([
      '3 × block',
      ...[0, 1, 2].map((block) => [`block ${block}`, ...inside.map((own) => `block${block}_${own}`)]),
    ]);
  });

  it('of many, the first stands before the others, which are folded behind it; it opens alone', () => {
    const many = whole(encoder(12, (block) => `block${block}_`));
    for (const levels of [1, 9])
      expect(shown(many, levels, true)[2]).toEqual([
        '12 × block',
        ['block 0', 'block0_query', 'block0_softmax', 'block0_add', 'block0_norm'],
        '11 more × block',
      ]);
    const [, , others] = unfolded(many, 2)[2] as unknown[];
    expect(others).toHaveLength(12); // its own name, and eleven blocks
  });

  it('are two where each is long', () => {
    const long = (blocks: number) => {
      const halves = encoder(2 * blocks, (half) => `layer.${half >> 1}/${half % 2 === 0 ? 'attention' : 'feed'}_`);
      return shown(whole(halves))[2];
    };
    expect(long(2)).toBe('2 × layer');
    expect(long(3)).toBe('3 × layer');
  });

  it('are named after what they do where their names have nothing in common', () => {
    const kinds: Record<string, string> = {
      query: 'conv2d',
      softmax: 'batch_normalization',
      add: 'add',
      norm: 're_lu',
    };
    const numbered = encoder(4, (block) => `${block}#`).map((each) => {
      const renamed = (name: string) => {
        const [block, own] = name.split('#') as [string, string | undefined];
        return own === undefined ? name : `${kinds[own]}${block === '0' ? '' : `_${block}`}`;
      };
      return { ...each, name: renamed(each.name), inputs: each.inputs.map(renamed) };
    });
    expect(shown(whole(numbered))[2]).toBe('4 × Dense … LayerNormalization');
  });

  it('are folded where blocks stand in stages that repeat', () => {
    const stages = [0, 1, 2].flatMap((stage) =>
      encoder(
        4,
        (block) => `backbone/stages.${stage}/blocks.${block}/`,
        stage === 0 ? 'embedding' : `backbone/stages.${stage - 1}/blocks.3/norm`,
      ),
    );
    expect(shown(whole(stages), 1)).toEqual(['ids', 'embedding', ['backbone', '3 × stages'], 'logits']);
    expect(unfolded(whole(stages), 3)[2]).toEqual([
      'backbone',
      ['3 × stages', ...[0, 1, 2].map((stage) => [`stages.${stage}`, '4 × blocks'])],
    ]);
  });

  it('are no blocks where they differ in op, shape or joint, are two only, or single layers', () => {
    const scope = (block: number) => `block${block}/`;
    const blocks = whole(encoder(3, scope));
    const changed = (name: string, change: Partial<LayerSummary>) =>
      shown(blocks.map((each) => (each.name === name ? { ...each, ...change } : each)))[2];
    expect(changed('block1/query', {})).toBe('3 × block');
    expect(changed('block1/softmax', { kind: 'Sigmoid' })).toBe('block0');
    expect(changed('block1/query', { shape: [8] })).toBe('block0');
    expect(changed('block1/add', { inputs: ['embedding', 'block1/softmax'] })).toBe('block0');
    expect(shown(whole(encoder(2, scope)))).toEqual(['ids', 'embedding', 'block0', 'block1', 'logits']);
    const row = Array.from({ length: 8 }, (_, at) =>
      layer(`dense_${at}`, [at === 0 ? 'embedding' : `dense_${at - 1}`]),
    );
    expect(shown(whole(row))).toHaveLength(11);
  });

  it('may all read one value from before them', () => {
    const masked = encoder(3, (block) => `layer.${block}/`).map((each) =>
      each.kind === 'Softmax' ? { ...each, inputs: [...each.inputs, 'mask'] } : each,
    );
    expect(shown([layer('mask', [], 'Input'), ...whole(masked)])[3]).toBe('3 × layer');
  });

  it('are compared by names without numbers, and called by what is common to them', () => {
    expect(['conv2d', 'conv2d_12', 'block12_conv', 'stages.1/blocks.0'].map(pattern)).toEqual([
      'conv#d',
      'conv#d',
      'block#_conv',
      'stages/blocks',
    ]);
    expect(commonName(['residual_block_0', 'residual_block_19'])).toBe('residual_block');
    expect(commonName(['b0_conv', 'b1_add'])).toBe('b');
    for (const apart of [['conv2d', 'add_1'], ['conv2d', 'concatenate_1']]) expect(commonName(apart)).toBeNull(); // prettier-ignore
  });
});

/** Networks with stretches of blocks, skips, scopes and names of several kinds. */
const networks = fc
  .array(
    fc.record({
      blocks: fc.integer({ min: 1, max: 6 }),
      naming: fc.constantFrom('scope', 'torch', 'flat', 'deep'),
      odd: fc.option(fc.nat({ max: 5 })),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((stretches) => {
    let at = 'embedding';
    return whole(
      stretches.flatMap(({ blocks, naming, odd }, stretch) => {
        const scope = (block: number) =>
          ({
            scope: `part_${stretch}_block_${block}/`,
            torch: `/net/stages.${stretch}/blocks.${block}/`,
            flat: `s${stretch}b${block}_`,
            deep: `a/b_${stretch}/c/d_${block}/e/`,
          })[naming];
        const made = encoder(blocks, scope, at).map((each, place) =>
          odd !== null && Math.floor(place / 4) === odd ? { ...each, shape: [5] } : each,
        );
        at = made.at(-1)!.name;
        return made;
      }),
    );
  });

describe('folding', () => {
  it('loses no layer and no edge, whichever groups are open', () => {
    fc.assert(
      fc.property(networks, fc.infiniteStream(fc.boolean()), (layers, choices) => {
        const tree = layerTree(layers);
        const groups = [...everyGroup(tree)];
        const open = new Set(groups.filter(() => choices.next().value as boolean));
        const graph = visibleGraph(tree, open);
        const leaves: GraphNode[] = [];
        const visit = (node: GraphNode): void =>
          node.children ? node.children.forEach(visit) : void leaves.push(node);
        graph.roots.forEach(visit);
        const names = (nodes: readonly GraphNode[]) => nodes.flatMap((node) => [...node.layers]).sort();
        expect(names(leaves)).toEqual(layers.map(({ name }) => name).sort());
        expect(new Set(leaves.map(({ id }) => id)).size).toBe(leaves.length);
        for (const { id, layers: inside } of leaves)
          for (const name of inside) expect(graph.shownBy.get(name)).toBe(id);
        const wanted = new Set(
          layers
            .flatMap(({ name, inputs }) => inputs.map((from) => [graph.shownBy.get(from)!, graph.shownBy.get(name)!]))
            .flatMap(([from, to]) => (from === to ? [] : [`${from} → ${to}`])),
        );
        expect(new Set(graph.edges.map(({ from, to }) => `${from} → ${to}`))).toEqual(wanted);
      }),
    );
  });

  it('gives each group an id of its own', () => {
    fc.assert(
      fc.property(networks, (layers) => {
        const tree = layerTree(layers);
        const ids: string[] = [];
        const visit = (node: GraphNode): void => {
          ids.push(node.id);
          node.children?.forEach(visit);
        };
        visibleGraph(tree, everyGroup(tree)).roots.forEach(visit);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

describe('the first look', () => {
  const view = [440, 720] as const;
  const best = (layers: readonly LayerSummary[]) => {
    const looks = looksAt(layerTree(layers));
    const layouts = looks.map(({ graph }) => layOut(graph, 'down'));
    const at = bestLook(looks, layouts, view);
    return { look: looks[at]!, layout: layouts[at]! };
  };

  it('opens the first of repeated blocks beside the others, where that can be read or little else is there', () => {
    const chain = whole(encoder(250, (block) => `block${block}/`));
    expect(labels(best(chain).look.graph.roots)[2]).toEqual([
      '250 × block',
      ['block0', 'query', 'softmax', 'add', 'norm'],
      '249 more × block',
    ]);
  });

  it('opens all groups where all of them are read', () => {
    expect(labels(best(whole(encoder(2, (block) => `block${block}/`))).look.graph.roots)[2]).toHaveLength(5);
  });

  it('keeps repeated blocks folded, and lists them where they are few and little else is there', () => {
    const long = [...Array(6).keys()].map((at) => layer(`stem_${at}_x`, ['ids']));
    const folded = best([...whole(encoder(12, (block) => `block${block}/`)), ...long]).look;
    expect(labels(folded.graph.roots)).toContain('12 × block');
    const blocks = encoder(4, (block) => `block${block}/`, 'ids');
    const [, few] = labels(best([layer('ids', [], 'Input'), ...blocks]).look.graph.roots);
    expect(few).toEqual(['4 × block', ['block0', 'query', 'softmax', 'add', 'norm'], 'block1', 'block2', 'block3']);
  });

  it('is read whole, or has enough cards: of any network', () => {
    fc.assert(
      fc.property(networks, (layers) => {
        const { look, layout } = best(layers);
        const fits = layout.width * READABLE <= view[0] && layout.height * READABLE <= view[1];
        expect(fits || look.cards >= 4).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});
