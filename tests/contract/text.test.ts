/** What files may call things, and what of it reaches a terminal, a spreadsheet, a program that reads JSON. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asCellText, printable, printableJson, printableLines } from '../../src/contract/text';

const OBEYED = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('text for a terminal', () => {
  it.each([
    ['colours', '\x1b[31mred', '�[31mred'],
    ['a title by C1', 'a\x9d0;title\x07', 'a�0;title�'],
    ['a name written backwards', 'layer\u202egnp.\u2066x', 'layer�gnp.�x'],
    ['a mark of direction', '\u061ca\u200fb\u200ec', '�a�b�c'],
    ['lines', 'a\nb\rc\u2028d', 'a�b�c�d'],
    ['what is harmless', 'naïve – 層 😀 \u00ad', 'naïve – 層 😀 \u00ad'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printableLines(text)).toBe(text.includes('\n') ? shown.replace('�', '\n') : shown);
  });

  it('holds nothing that it would obey, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(OBEYED);
        expect(printableLines(text).replaceAll('\n', '')).not.toMatch(OBEYED);
      }),
    );
  });
});

describe('JSON for a terminal', () => {
  it('escapes what it would obey, in names of fields too, and is read back as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (value) => {
        const json = printableJson(value, 1);
        expect(json.replaceAll('\n', '')).not.toMatch(OBEYED);
        expect(JSON.parse(json)).toEqual(value);
      }),
    );
  });
});

describe('a cell of a table', () => {
  it.each([
    ...['=1+1', '+cmd', '-cmd|x', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\n@x', '\x1b=1', '\x1b[31m', '\0=1'],
    ...['＝1+1', '＋1a', '－x', '＠x', '  =1', '\u00a0=1', '\u3000＝1', '\u200b=1', '\ufeff@x', '\x0b-x', '\u2028=1'],
  ])('%j is marked as text', (text) => expect(asCellText(text)).toBe(`'${text}`));

  it.each(['-1', '+1.5e-7', '-.5', '3', 'conv=1', 'a-b', '#3', '', ' a', "'x", 'nig (secant)'])('%j stays', (text) =>
    expect(asCellText(text)).toBe(text),
  );
});
