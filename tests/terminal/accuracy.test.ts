/** How a command line asks for accuracy, and what Ctrl-C does on the way there; the engine is played here. */
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DEFAULT_ACCURACY,
  type AttributionRequest,
  type Progress,
  type RunPhase,
  type RunResult,
} from '../../src/contract/attribution';
import type { AttributionOptions } from '../../src/main/engine/attribution';
import { toleranceFrom } from '../../src/main/hosts/terminal/accuracy';
import { reached } from '../reached';
import { adaptiveSession } from './results';
import { mho } from './terminal';

type Played = (request: AttributionRequest, options: Required<AttributionOptions>) => Promise<RunResult[]>;
let played: Played;
let request: AttributionRequest;
vi.mock('../../src/main/engine/backends', () => ({
  devices: { use: (_choice: unknown, work: (device: null) => Promise<unknown>) => work(null) },
}));
vi.mock('../../src/main/engine/attribution', () => ({
  attribute: (_device: unknown, _graph: unknown, given: AttributionRequest, options: Required<AttributionOptions>) => {
    request = given;
    return played(given, options);
  },
}));

const plain = resolve(import.meta.dirname, '../reference/cases/plain');
const asked = (...more: string[]): string[] => {
  const input = join(plain, 'inputs.npz');
  return ['attribute', join(plain, 'model.keras'), '--input', input, '--baseline', input, '--examples', '0', ...more];
};
const resolved = (change: Parameters<typeof reached>[0] = {}): RunResult => {
  const { question: _, ...result } = adaptiveSession({ dense: { units: [3, -1], errors: [0.02, 0.01] } }, change)
    .runs[0]!;
  return result;
};

describe('tolerances', () => {
  it.each([
    ['5%', 0.05],
    ['2 %', 0.02],
    ['0.1%', 0.001],
    ['.5%', 0.005],
    ['0.05', 0.05],
    ['1e-3', 0.001],
    ['0.01%', 0.0001],
    ['100%', 1],
  ])('%s is %s', (text, share) => expect(toleranceFrom(text)).toBe(share));

  it.each(['', '%', '5', '0', '0%', '0.009%', '101%', '-1%', '1%%', 'NaN', 'two', '1e-5'])('%j is none', (text) =>
    expect(toleranceFrom(text)).toBeNull(),
  );
});

describe('a command line', () => {
  beforeEach(() => {
    played = async () => [resolved()];
  });

  it.each<[string[], Partial<AttributionRequest>]>([
    [[], { accuracy: DEFAULT_ACCURACY, steps: 50 }],
    [['--tolerance', '1%'], { accuracy: { tolerance: 0.01, over: 'units', mostWalks: null, untilTop: null } }],
    [
      ['--tolerance', '0.1%', '--tolerance-over', 'neurons', '--max-passes', '40'],
      { accuracy: { tolerance: 0.001, over: 'neurons', mostWalks: 40, untilTop: null } },
    ],
    [['--max-passes', '90'], { accuracy: { ...DEFAULT_ACCURACY, mostWalks: 90 } }],
    [['--until-top', '10'], { accuracy: { ...DEFAULT_ACCURACY, untilTop: 10 } }],
    [['--method', 'rescale,nig'], { accuracy: DEFAULT_ACCURACY, methods: ['rescale', 'nig'] }],
    [['--steps', '12'], { accuracy: undefined, steps: 12 }],
    [['--rule', 'right'], { accuracy: undefined, rule: 'right', steps: 50 }],
    [['--method', 'internal-influence'], { accuracy: undefined, steps: 50 }],
  ])('of %j asks so', async (words, want) => {
    const { code, err } = await mho(asked(...words));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect({ accuracy: undefined, ...request }).toMatchObject(want);
  });

  it.each([
    [
      ['--steps', '50', '--tolerance', '1%'],
      '--tolerance belongs to the adaptive path: --steps 50 asks for even steps.',
    ],
    [
      ['--steps', '8', '--max-passes', '9'],
      '--max-passes belongs to the adaptive path: --steps 8 asks for even steps.',
    ],
    [
      ['--rule', 'left', '--until-top', '3'],
      '--until-top belongs to the adaptive path: the rule left takes even steps.',
    ],
    [
      ['--method', 'rescale,genomics', '--tolerance-over', 'units'],
      '--tolerance-over belongs to the adaptive path: only nig takes it, and asked were rescale, genomics.',
    ],
  ])('that contradicts itself is refused before anything is opened: %j', async (words, message) => {
    const { code, out, err } = await mho(['attribute', 'missing', '--input', 'missing', ...words]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      `ACCURACY_UNUSED: ${message} Leave it out, or ask for --method nig by --rule secant without --steps.\n`,
    );
  });

  it.each([
    [['--tolerance', '5'], 'Give a share from 0.01% to 100%: 5%, 0.1% or 0.05 (did you mean 5%?).'],
    [['--tolerance', '0.001%'], 'Give a share from 0.01% to 100%: 5%, 0.1% or 0.05.'],
    [['--tolerance-over', 'layers'], 'Allowed choices are units, neurons.'],
    [['--until-top', '0'], 'Give a whole number from 1 on.'],
    [['--max-passes', 'none'], 'Give a whole number from 1 on.'],
  ])('%j is not understood', async (words, message) => {
    const { code, err } = await mho(asked(...words));
    expect(code).toBe(2);
    expect(err).toMatch(/^USAGE: .*\n$/);
    expect(err).toContain(message);
  });
});

describe('Ctrl-C', () => {
  const progress = (phase: RunPhase): Progress => ({
    done: 40,
    total: 100,
    remainingMs: null,
    phase,
    alpha: 1,
    running: 0,
    expected: 0,
  });
  const going = (estimate: number | null): RunPhase => ({ kind: 'adaptive', accuracy: DEFAULT_ACCURACY, estimate });

  /** A run that walks until somebody has enough or cancels; `phases` are what it tells before. */
  const walking =
    (...phases: RunPhase[]): Played =>
    async (_request, { onProgress, enough, signal }) => {
      for (const phase of phases) onProgress(progress(phase));
      await expect.poll(() => enough.aborted || signal.aborted).toBe(true);
      if (signal.aborted) return [];
      if (!ask.again) return [resolved({ stopped: 'enough', reached: false, estimate: 0.041 })];
      await expect.poll(() => signal.aborted).toBe(true);
      return [];
    };
  const ask = { again: false };
  /** Presses at the nth thing that listens, so often. */
  const pressing = (times: number, said: unknown[] = []) => {
    let met = 0;
    return (stop: () => unknown): void => {
      // The model, its inputs and their baseline listen before.
      if (++met === 4) for (let at = 0; at < times; at++) setTimeout(() => said.push(stop()), 50 * (at + 1));
    };
  };

  it('on an adaptive path that has something to show is enough: a complete run, which says what it reached', async () => {
    ask.again = false;
    played = walking({ kind: 'differences' }, going(null), going(0.5));
    const said: unknown[] = [];
    const { code, out, err } = await mho(asked('--method', 'nig'), pressing(1, said));
    expect({ code, err }).toEqual({ code: 0, err: 'Ending with what is there; Ctrl-C again cancels.\n' });
    expect(said).toEqual(['again']);
    expect(out).toContain('nig: asked 2 %, ended early with 44 walks: 4.1 %.');
    expect(out).not.toContain('Incomplete');
  });

  it('a second time cancels', async () => {
    ask.again = true;
    played = walking(going(0.5));
    const { code, err } = await mho(asked('--method', 'nig'), pressing(2));
    expect(code).toBe(130);
    expect(err).toMatch(
      /^Ending with what is there; .*\nCANCELLED: The run was cancelled after 40 of 100 passes\..*\n$/,
    );
  });

  it.each([
    ['in the pilot', [going(null)]],
    ['on even steps', [going(0.04), { kind: 'path', steps: 50 }]],
  ] as const)('cancels %s, where there is nothing to be content with', async (_, phases) => {
    ask.again = false;
    played = walking(...phases);
    const { code, err } = await mho(asked('--method', 'nig'), pressing(1));
    expect(code).toBe(130);
    expect(err).toMatch(/^CANCELLED: /);
  });
});
