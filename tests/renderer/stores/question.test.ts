/** What is explained, as examples come and go. */
import { describe, expect, it } from 'vitest';
import { trueEach } from '../../../src/renderer/logic/target';
import { Question } from '../../../src/renderer/stores/question.svelte';
import { inputData } from './models';

const asked = (question: Question) => {
  const setup = question.setup(inputData('data', 8));
  return setup && { examples: setup.examples, target: setup.target, minus: setup.minus };
};

describe('a target for each example', () => {
  it('is of the examples that are chosen', () => {
    const question = new Question(null, null);
    question.examples = [1, 3];
    question.explain({ layer: 'out', index: { each: [5, 6, 7, 8] } }, [0, 1, 2, 3]);
    question.subtract(0);
    expect(asked(question)).toEqual({
      examples: [1, 3],
      target: { layer: 'out', index: { each: [6, 8] } },
      minus: { layer: 'out', index: 0 },
    });
    question.ask([1, 2, 3]);
    question.ask([2, 3]);
    expect(asked(question)!.target.index).toEqual({ each: [7, 8] });
  });

  it('is given up for the predicted one where nothing tells what a new example is to explain', () => {
    const question = new Question(null, null);
    question.examples = [1];
    question.explain({ index: { each: [6] } }, [1]);
    question.ask([1, 4]);
    expect(asked(question)!.target).toEqual({ index: 'argmax' });
  });

  it('is what the labels of the data say, where the model knows all of them', () => {
    expect(trueEach({ labels: ['cat', 'dog'], exampleLabels: ['dog', 'cat', 'dog'] })).toEqual({ each: [1, 0, 1] });
    expect(trueEach({ labels: ['cat'], exampleLabels: ['cat', 'dog'] })).toBeNull();
    expect(trueEach({ labels: ['cat'], exampleLabels: [] })).toBeNull();
  });
});

describe('what is taken from a target', () => {
  it('lies on the same side of a final activation, and goes with another output', () => {
    const question = new Question(null, null);
    question.examples = [0];
    question.explain({ layer: 'out', index: 1 });
    question.subtract(2);
    question.explain({ afterActivation: true });
    expect(asked(question)!.minus).toEqual({ layer: 'out', index: 2, afterActivation: true });
    question.explain({ afterActivation: false });
    expect(asked(question)!.minus).toEqual({ layer: 'out', index: 2 });
    question.explain({ layer: 'other', index: 'argmax' });
    expect(asked(question)!.minus).toBeUndefined();
  });
});
