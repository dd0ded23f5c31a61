/** A run that goes on from a session; the engine is played here. */
import { cp, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AttributionRequest, Progress, RunResult, SavedGrid } from '../../src/contract/attribution';
import { madeName } from '../../src/contract/words/runs';
import type { Session, SessionRun } from '../../src/contract/session';
import type { AttributionOptions } from '../../src/main/engine/attribution';
import { openModel } from '../../src/main/engine/formats';
import { openSession, saveSession } from '../../src/main/engine/sessions';
import { reached } from '../reached';
import { sampleSession } from '../sessions/sample';
import { adaptiveSession } from './results';
import { mho } from './terminal';

type Options = Required<AttributionOptions>;
let asked: { readonly request: AttributionRequest; readonly options: Options }[];
let played: (request: AttributionRequest, options: Options) => Promise<RunResult[]>;
vi.mock('../../src/main/engine/backends', () => ({
  devices: { use: (_choice: unknown, work: (device: null) => Promise<unknown>) => work(null) },
}));
vi.mock('../../src/main/engine/attribution', () => ({
  attribute: (_device: unknown, _graph: unknown, request: AttributionRequest, options: Options) => {
    asked.push({ request, options });
    return played(request, options);
  },
}));

const folder = await mkdtemp(join(tmpdir(), 'mho-continue-'));
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());
const model = join(folder, 'plain.keras');
await cp(resolve(import.meta.dirname, '../reference/cases/plain/model.keras'), model, { recursive: true });
const { summary } = await openModel(model);

const saved: SavedGrid = { about: { walks: 44 }, arrays: { leaves: Float64Array.of(0.5, -0.25) } };
const layers = { dense: { units: [3, -1], errors: [0.02, 0.01], certain: 1 } };
const capped = { estimate: 0.031, reached: false, stopped: 'cap', walks: 600, saved } as const;

/** A session of the model with an adaptive run, and beside it one by even steps. */
function stored(came: Parameters<typeof reached>[0] = capped, change: Partial<SessionRun> = {}): Session {
  const session = adaptiveSession(layers, came);
  const [run] = session.runs;
  const even = { ...sampleSession().runs[1]!, examples: [0], question: 0 };
  return {
    ...session,
    model: summary,
    runs: [
      { ...even, layers: [], target: ['logits[0]'], complete: true },
      { ...run!, ...change },
    ].map((each) => (each.adaptive ? each : { ...each, ...one })),
  };
}
/** Numbers of one example. */
const one = {
  atInput: Float32Array.of(3),
  atBaseline: Float32Array.of(1),
  delta: Float32Array.of(2),
  deltaUncertainty: null,
};

const finer = (): RunResult => {
  const {
    question: _,
    label: __,
    ...result
  } = adaptiveSession(
    { dense: { units: [3.01, -1.01], errors: [0.002, 0.001], certain: 2 } },
    { estimate: 0.0088, walks: 90, saved },
    { tolerance: 0.01, mostWalks: null },
  ).runs[0]!;
  return { ...result, durationMs: 7 };
};

const path = join(folder, 'a.mho');
const again = (...words: string[]) => mho(['attribute', '--continue', path, ...words]);
beforeEach(async () => {
  asked = [];
  played = () => Promise.resolve([finer()]);
  await saveSession(path, stored());
});

describe('a run that goes on', () => {
  it('asks what it was asked, to another accuracy, from where it is, and is kept in its file', async () => {
    const { code, out, err } = await again('--tolerance', '1%');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [{ request, options }] = asked as [(typeof asked)[0]];
    const [question] = stored().questions;
    expect(request).toMatchObject({
      target: question!.target,
      minus: question!.minus,
      methods: ['nig'],
      rule: 'secant',
      layers: ['dense'],
      accuracy: { tolerance: 0.01, over: 'units', mostWalks: null, untilTop: null },
    });
    expect(request.inputs).toEqual(question!.inputs);
    expect(options.resume.adaptive!.examples[0]!.saved).toEqual(saved);
    expect(out).toContain('nig: asked 1 %, reached 0.88 % with 90 walks.');
    expect(out).not.toContain('rescale');
    expect(out).toContain(`Saved to ${path}\n`);
    const { runs } = await openSession(path);
    expect(runs.map(({ method }) => method)).toEqual(['rescale', 'nig']);
    expect(runs[1]!.adaptive!.examples[0]).toMatchObject({ estimate: 0.0088, walks: 90 });
    expect(runs[1]!.durationMs).toBeCloseTo(12.5 + 7);
  });

  it('goes on to what was asked before where nothing is asked, without a cap', async () => {
    expect((await again()).code).toBe(0);
    expect(asked[0]!.request.accuracy).toEqual({ tolerance: 0.02, over: 'units', mostWalks: null, untilTop: null });
    await saveSession(path, stored());
    expect((await again('--until-top', '3', '--max-passes', '900')).code).toBe(0);
    expect(asked[1]!.request.accuracy).toMatchObject({ tolerance: 0.02, mostWalks: 900, untilTop: 3 });
  });

  it('is computed anew where its leaves were not kept, and says so', async () => {
    await saveSession(path, stored({ ...capped, saved: null }));
    const { code, err } = await again('--tolerance', '1%');
    expect({ code, err }).toEqual({
      code: 0,
      err: 'Computed anew, since the leaves of its path were not kept: example 0\n',
    });
    expect(asked[0]!.options.resume.adaptive!.examples[0]!.saved).toBeNull();
    expect((await openSession(path)).runs[1]!.durationMs).toBeCloseTo(7);
  });

  it('is told by its number or its name, and keeps a name that was given', async () => {
    const label = { note: '', created: '2026-01-01T00:00:00.000Z', job: 'a' };
    const session = stored(capped, { label: { ...label, name: 'first look' } });
    const made = { ...session.runs[1]!, label: { ...label, name: madeName(session.runs[1]!) } };
    await saveSession(path, { ...session, runs: [...session.runs, made] });
    const which = await again('--tolerance', '1%');
    expect(which).toMatchObject({ code: 1, out: '' });
    expect(which.err).toContain('Choose one with --run: 1 (first look), 2 (Neuron IG, 3.1 % · logits[0]).');
    for (const run of ['first look', '2']) expect((await again('--tolerance', '1%', '--run', run)).code).toBe(0);
    expect((await openSession(path)).runs.map(({ label: own }) => own?.name)).toEqual([
      'looked into',
      'first look',
      'Neuron IG, 1 % · logits[0]',
    ]);
    const none = await again('--run', '7');
    expect(none.err).toMatch(/^RUN_UNKNOWN: .* holds no run 7\. It holds 0 \(looked into\), 1 \(first look\), /);
    expect((await again('--run', '0')).err).toMatch(/^RUN_NOT_ADAPTIVE: looked into took even steps/);
  });

  it('calls its target what it was called', async () => {
    const term = { layer: 'logits', shape: [10], index: [0], labels: ['zero'], activations: [], behind: [null] };
    await saveSession(path, stored(capped, { terms: [term] }));
    played = () => Promise.resolve([{ ...finer(), terms: [{ ...term, labels: null }] }]);
    expect((await again('--tolerance', '1%')).out).toContain('Example 0: logits[0] (zero) is 3 at the input');
    expect((await openSession(path)).runs[1]!.terms![0]!.labels).toEqual(['zero']);
  });

  it('is refused what it has already, and what would change its question', async () => {
    await saveSession(path, stored({ estimate: 0.0088, saved }));
    expect((await again('--tolerance', '1%')).err).toBe(
      'RUN_REACHED: Neuron IG, 2 % · logits[0] has reached 0.88 % already. Ask for less with --tolerance.\n',
    );
    for (const words of [
      ['--target', 'logits:3'],
      ['--steps', '50'],
      ['--input', 'x.npy'],
      ['--tolerance-over', 'neurons'],
    ]) {
      const { code, err } = await again(...words);
      expect({ code, err }).toEqual({
        code: 2,
        err: `CONTINUE_FIXED: ${words[0]} cannot be given with --continue: the run keeps what it was asked. Leave it out, or start a new run without --continue.\n`,
      });
    }
    expect(asked).toEqual([]);
  });

  it('finds its model where it is said to be, and only that one', async () => {
    const moved = stored();
    await saveSession(path, { ...moved, model: { ...summary, path: join(folder, 'gone.keras') } });
    expect((await again('--tolerance', '1%')).err).toBe(
      `SESSION_MODEL: The model of ${path} is not at ${join(folder, 'gone.keras')} any more. Give its place: mho attribute MODEL --continue.\n`,
    );
    expect((await mho(['attribute', model, '--continue', path, '--tolerance', '1%'])).code).toBe(0);
    const other = resolve(import.meta.dirname, '../reference/cases/residual/model.keras');
    expect((await mho(['attribute', other, '--continue', path, '--tolerance', '0.1%'])).err).toMatch(
      /^RUN_OTHER_MODEL: Neuron IG, 1 % · logits\[0\] belongs to plain, /,
    );
  });

  it('leaves the session as it is where it is cancelled', async () => {
    played = async (_request, { onProgress, signal }) => {
      onProgress({ done: 3, total: 9, remainingMs: null, phase: { kind: 'differences' } } as Progress);
      await expect.poll(() => signal.aborted).toBe(true);
      return [];
    };
    const before = await openSession(path);
    let met = 0;
    const { code, out, err } = await mho(['attribute', '--continue', path], (stop) => void (++met === 3 && stop()));
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(err).toMatch(/^CANCELLED: /);
    expect(await openSession(path)).toEqual(before);
  });

  it('never overwrites what another program wrote meanwhile', async () => {
    vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
    played = async () => {
      await utimes(path, 1, 1);
      return [finer()];
    };
    const { code, out, err } = await again('--tolerance', '1%');
    expect(code).toBe(1);
    expect(err).toMatch(/^SESSION_CHANGED: /);
    const [kept] = await readdir(join(folder, 'state/mho/unsaved'));
    expect(out).toContain(`Saved to ${join(folder, 'state/mho/unsaved', kept!)}`);
    expect((await openSession(path)).runs[1]!.adaptive!.examples[0]!.walks).toBe(600);
    const other = join(folder, 'other.mho');
    expect((await again('--tolerance', '1%', '--out', other)).code).toBe(0);
    expect((await openSession(other)).runs[1]!.adaptive!.examples[0]!.walks).toBe(90);
  });
});

it('a command line without a model is told so', async () => {
  expect((await mho(['attribute'])).err).toBe("USAGE: missing required argument 'model'. mho --help shows how.\n");
  expect((await mho(['attribute', 'm', '--input', 'x', '--run', '1'])).err).toMatch(
    /^USAGE: --run belongs to --continue\./,
  );
});
