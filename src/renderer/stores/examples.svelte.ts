/** What is known of the examples of the open data, and which of them a filter leaves. */
import type { Params, RunRecord } from '../../contract/studio';
import { asksPredictions, filterOf, isCorrect, type ExampleFacts } from '../logic/examples';
import { outputLabel } from '../logic/labels';
import type { Telling } from '../logic/tellApart';
import type { Edited } from './edited.svelte';
import { selection } from './selection.svelte';
import { shell } from './shell.svelte';
import { studio } from './studio.svelte';

class Examples {
  /** The output that classes are read from. */
  readonly output = $derived.by(() => {
    const { summary } = studio.model;
    return summary
      ? (summary.outputs.find(({ name }) => name === summary.defaultOutput) ?? summary.outputs[0])
      : undefined;
  });
  readonly classes = $derived((this.output?.shape ?? []).reduce<number>((total, size) => total * (size ?? 1), 1));
  readonly #run = $derived(new Set(studio.runs.examples));

  /** By the place of the example among the data's. */
  readonly facts = $derived.by((): readonly ExampleFacts[] => {
    const { inputs } = studio.model;
    return inputs?.ids.map((example) => this.#of(example)) ?? [];
  });
  readonly #byExample = $derived(new Map(this.facts.map((each) => [each.example, each])));
  of(example: number): ExampleFacts | undefined {
    return this.#byExample.get(example);
  }

  /** The selected example with its changes; null where it is none of the open data. */
  get edited(): Edited | null {
    return studio.model.inputs?.edited(selection.example, () => this.asked()) ?? null;
  }

  /** Names of classes, true ones and predicted ones, as they come in the data. */
  readonly truths = $derived(distinct(this.facts.map(({ truth }) => truth)));
  readonly predictions = $derived(distinct(this.facts.map(({ predicted }) => predicted)));
  /** Classes that examples can be told by: true ones, else what the model says as far as that was asked. */
  readonly sorts = $derived(this.truths.length > 0 ? this.truths : this.predictions);
  /** What the filter leaves. */
  readonly listed = $derived.by((): readonly ExampleFacts[] => {
    const text = studio.model.inputs?.filter.trim() ?? '';
    return text === '' ? this.facts : this.facts.filter(filterOf(text));
  });

  /** A class by its label; an output of one value by its own name. */
  #named(index: number): string {
    return outputLabel(index, this.output!, studio.model.opened);
  }

  #of(example: number): ExampleFacts {
    const { model } = studio;
    const verdict = this.output && model.inputs?.verdicts.told.get(example)?.get(this.output.name);
    const truth = model.label(example) ?? null;
    const predicted = verdict && verdict.top >= 0 ? this.#named(verdict.top) : null;
    return {
      example,
      truth,
      predicted,
      value: predicted === null ? null : verdict!.value,
      correct: isCorrect(truth, predicted, this.classes),
      run: this.#run.has(example),
    };
  }

  /** Those of the chosen that no shown run took. */
  readonly unrun = $derived(studio.question.examples.filter((example) => !this.#run.has(example)));

  /** Runs examples as is asked; what is shown stays beside them. */
  async run(wanted: readonly number[], data = studio.model.data): Promise<readonly RunRecord[]> {
    const { model, runs } = studio;
    const setup = model.question.setup(data, wanted);
    if (!setup) return [];
    const before = runs.shown;
    const made = await studio.run(setup);
    if (made.length === 0 || studio.runs !== runs) return [];
    const there = new Set(runs.all.map(({ run }) => run));
    runs.shown = new Set([...before, ...runs.shown].filter((run) => there.has(run)));
    return made;
  }

  /** Asks what tells two classes apart: one value minus the other, over examples of both; and runs it. */
  tellApart({ of, against, examples: wanted }: Telling): void {
    const { model } = studio;
    const { question } = model;
    question.explain({ ...(question.target.layer && { layer: this.output!.name }), index: of });
    question.subtract(against);
    model.chooseExamples(wanted);
    void studio.run();
  }

  /** Runs a changed example. @param compare with the original, which is run first where no shown run took it */
  async runEdited({ data, example }: Edited, compare: boolean): Promise<void> {
    if (!data) return;
    const original = () => studio.runs.current.find(({ asked }) => asked.dataName === studio.model.data?.name);
    if (compare && !original()) await this.run([example]);
    const before = original();
    const [made] = await this.run([example], data);
    if (!compare || !before || !made) return;
    const sameMethod = studio.runs.current.find(
      ({ job, result }) => job === made.job && result.method === before.result.method,
    );
    studio.looks.compare.of(before.run, (sameMethod ?? made).run);
    shell.view = 'compare';
  }

  /** Seeks examples; where the words ask for what the model says, it is asked. */
  seek(text: string): void {
    const { inputs } = studio.model;
    if (!inputs) return;
    inputs.filter = text;
    if (asksPredictions(text)) this.predict();
  }

  /** Asks what the model says of all examples. @param all beyond the limit, too */
  predict(all = false): void {
    const { inputs } = studio.model;
    if (!inputs || inputs.data.faults.length > 0) return;
    void (all ? inputs.verdicts.askAll(this.asked()) : inputs.verdicts.ask(this.asked()));
  }

  /** What a prediction is asked besides its examples. */
  asked(): Omit<Params<'predict'>, 'data' | 'examples'> {
    const { baseline, hold, walk, backend } = studio.question;
    return { baseline, hold: [...hold], walk: [...walk], backend };
  }
}

const distinct = (names: readonly (string | null)[]): readonly string[] => [
  ...new Set(names.filter((name) => name !== null)),
];

export const examples = new Examples();
