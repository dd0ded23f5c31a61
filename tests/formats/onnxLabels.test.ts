import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsIn } from '../../src/main/engine/formats/onnx/labels';

const told = (value: string, key = 'names') =>
  labelsIn([
    { key: 'author', value: 'x' },
    { key, value },
  ]);

describe('names of classes in the metadata of a file', () => {
  it('are a list, or an index and a name, as JSON or as Python prints it', () => {
    expect(told('["a", "b"]')).toEqual(['a', 'b']);
    expect(told("['a', 'b: 1']")).toEqual(['a', 'b: 1']);
    expect(told('{"1": "b", "0": "a"}', 'id2label')).toEqual(['a', 'b']);
    expect(told(String.raw`{0: 'it\'s', 1: "b"}`)).toEqual(["it's", 'b']);
  });

  it('are none where an index is left out, where they are no names, or where it is something else', () => {
    for (const value of [
      '{1: "b"}',
      '[1, 2]',
      '[]',
      '{}',
      'a, b',
      '{"a": 0}',
      '{"__proto__": "a"}',
      '[['.repeat(50_000),
    ])
      expect(told(value)).toBeNull();
    expect(told('["a"]', 'stride')).toBeNull();
  });

  it('come back as any program wrote them, and no text throws', () => {
    const names = fc.array(fc.string(), { minLength: 1 });
    fc.assert(
      fc.property(names, (given) => {
        expect(told(JSON.stringify(given))).toEqual(given);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        told(text);
      }),
    );
  });
});
