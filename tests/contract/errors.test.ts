/** The catalogue of errors: its sentences are filled with what they name, which the compiler holds the callers to. */
import { describe, expect, it } from 'vitest';
import { asMhoError, MhoError } from '../../src/contract/errors';

describe('errors of the catalogue', () => {
  it('tell every detail that sentence and remedy name', () => {
    const { message, fault } = new MhoError('MODEL_WEIGHTS_SHORT', { path: 'a.bin', have: 4096, want: 18432 });
    expect(message).toBe(
      'MODEL_WEIGHTS_SHORT: a.bin ends after 4096 of 18432 bytes. The folder may be half copied; copy it again.',
    );
    expect(fault).toEqual({
      code: 'MODEL_WEIGHTS_SHORT',
      message: 'a.bin ends after 4096 of 18432 bytes.',
      remedy: 'The folder may be half copied; copy it again.',
    });
  });

  it('take a detail as it is, braces and all, and one of an odd name no less', () => {
    expect(new MhoError('LAYER_UNKNOWN', { layer: '{hint}$&', hint: ', did you mean {layer}' }).sentence).toBe(
      'There is no layer {hint}$&, did you mean {layer}.',
    );
  });

  it('are refused by the compiler without a detail, with a strange one, or with one where there is none to tell', () => {
    // @ts-expect-error the sentence names the path
    expect(() => new MhoError('MODEL_NOT_FOUND')).not.toThrow();
    // @ts-expect-error the sentence names limit too
    expect(new MhoError('SESSION_NEWER', { path: 'a.mho', have: 9 }).details).not.toHaveProperty('limit');
    // @ts-expect-error there is no `file` in the sentence
    expect(new MhoError('MODEL_NOT_FOUND', { path: 'a', file: 'b' }).sentence).toBe('a does not exist.');
    // @ts-expect-error it names nothing
    expect(new MhoError('KEPT_OPEN', { path: 'a' }).sentence).toBe('What was open stays open.');
    expect(new MhoError('FILE_NOT_GRANTED').sentence).toBe('This file was not chosen in this window.');
  });

  it('keep the cause of what is not of the catalogue', () => {
    const cause = new TypeError('x is not a function');
    const error = asMhoError(cause);
    expect([error.code, error.cause]).toEqual(['INTERNAL', cause]);
    expect(asMhoError(error)).toBe(error);
  });
});
