/** The owner of the engine's process, over processes made up here: what is asked is always answered. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineState, JobNotice } from '../../../src/contract/studio';
import { EngineHost, type ChildListener } from '../../../src/main/hosts/engineProcess/host';
import type { ToEngine } from '../../../src/main/hosts/engineProcess/protocol';

interface Child {
  readonly listener: ChildListener;
  readonly got: ToEngine[];
  ended: boolean;
}

function make(): { host: EngineHost; children: Child[]; states: EngineState[] } {
  const children: Child[] = [];
  const states: EngineState[] = [];
  const host = new EngineHost(
    (listener) => {
      const child: Child = { listener, got: [], ended: false };
      children.push(child);
      return {
        pid: children.length,
        post: (message) => child.got.push(message),
        end: () => {
          child.ended = true;
          setImmediate(() => listener.ended('SIGKILL'));
        },
      };
    },
    { samples: '', recovery: '', owner: { pid: 1, began: null }, version: '0' },
  );
  host.on('state', (state) => states.push(state));
  return { host, children, states };
}

const asked = (child: Child): { id: number; name: string }[] =>
  child.got.flatMap((message) => (message.kind === 'request' ? [{ id: message.id, name: message.name }] : []));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const say = (child: Child): void => child.listener.message({ kind: 'ready' });

describe('the owner of the engine', () => {
  it('answers open and save in the place of an engine that died, and asks the next one from then on', async () => {
    const { host, children, states } = make();
    host.start();
    say(children[0]!);
    const open = host.request({ document: 'a', name: 'openModel', params: { file: 'f' } });
    const save = host.request({ document: 'a', name: 'save', params: { path: null } });
    await settle();
    expect(asked(children[0]!).map(({ name }) => name)).toEqual(['openModel', 'save']);
    children[0]!.listener.ended('SIGSEGV');
    expect(await open).toMatchObject({ ok: false, fault: { code: 'ENGINE_STOPPED' } });
    expect(await save).toMatchObject({ ok: false, fault: { code: 'ENGINE_STOPPED' } });
    say(children[1]!);
    const again = host.request({ document: 'a', name: 'runList', params: {} });
    await settle();
    const [request] = asked(children[1]!);
    children[1]!.listener.message({ kind: 'answer', id: request!.id, answer: { ok: true, value: [] } });
    expect(await again).toEqual({ ok: true, value: [] });
    expect(states).toEqual(['ready', 'restarting', 'ready']);
  });

  it('tells a job its end when the engine dies, once', async () => {
    const { host, children } = make();
    host.start();
    say(children[0]!);
    const notices: JobNotice[] = [];
    const start = host.request(
      { document: 'a', name: 'startRun', params: {} },
      { emit: (notice) => notices.push(notice) },
    );
    await settle();
    const { id } = asked(children[0]!)[0]!;
    children[0]!.listener.message({ kind: 'answer', id, answer: { ok: true, value: { job: 'j' } } });
    await start;
    children[0]!.listener.message({ kind: 'job', id, notice: { kind: 'queued' } });
    children[0]!.listener.ended('1');
    children[0]!.listener.message({ kind: 'job', id, notice: { kind: 'finished', cancelled: false } });
    expect(notices.map(({ kind }) => kind)).toEqual(['queued', 'failed']);
  });

  it('gives up after four deaths within a minute, and tries again when it is next asked', async () => {
    const { host, children, states } = make();
    host.start();
    for (let death = 0; death < 4; death++) children[death]!.listener.ended('1');
    expect(children).toHaveLength(4);
    expect(states.at(-1)).toBe('failed');
    void host.request({ document: 'a', name: 'runList', params: {} });
    expect(children).toHaveLength(5);
  });

  it('answers what is asked before and after it is stopped', async () => {
    const { host, children } = make();
    host.start();
    say(children[0]!);
    const before = host.request({ document: 'a', name: 'runList', params: {} });
    await settle();
    await host.stop();
    expect(children[0]!.ended).toBe(true);
    expect(await before).toMatchObject({ ok: false, fault: { code: 'ENGINE_STOPPED' } });
    const after = await host.request({ document: 'a', name: 'runList', params: {} });
    expect(after).toMatchObject({ ok: false, fault: { code: 'ENGINE_STOPPED' } });
    expect(children).toHaveLength(1);
  });

  it('answers everything once, whatever the order of requests, answers, readiness and deaths', async () => {
    const step = fc.oneof(
      fc.constant('ask' as const),
      fc.constant('answer' as const),
      fc.constant('ready' as const),
      fc.constant('die' as const),
      fc.constant('breathe' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { host, children } = make();
        host.start();
        const answers: number[] = [];
        let requests = 0;
        const answered = new Set<string>();
        for (const kind of steps) {
          const child = children.at(-1)!;
          if (kind === 'ask') {
            const place = requests++;
            answers.push(0);
            void host.request({ document: 'a', name: 'runList', params: {} }).then(() => answers[place]!++);
          } else if (kind === 'ready') say(child);
          else if (kind === 'die') child.listener.ended('1');
          else if (kind === 'breathe') await settle();
          else
            for (const { id } of asked(child)) {
              if (answered.has(`${id}`)) continue;
              answered.add(`${id}`);
              child.listener.message({ kind: 'answer', id, answer: { ok: true, value: null } });
              break;
            }
        }
        await settle();
        void host.stop();
        for (let turn = 0; turn < 5; turn++) await settle();
        for (const child of children) child.listener.ended('1');
        await settle();
        expect(answers).toEqual(answers.map(() => 1));
      }),
      { numRuns: 500 },
    );
  });
});
