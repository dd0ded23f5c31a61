/** Every way in from a page, with messages that no page of ours sends: each is answered by a refusal, and nothing breaks. */
import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { requests, type RequestName } from '../../src/contract/studio';
import { random } from '../random';
import { answerDialogs, forget, launch, openDigits, root, runToEnd, type Studio } from './studio';

let studio: Studio;
let engine: number;
let main: number;
test.beforeAll(async () => {
  studio = await launch();
  await answerDialogs(studio.app, { open: null, save: null, unsaved: 2 });
  await runToEnd(studio, await openDigits(studio));
  engine = (await studio.enginePid())!;
  main = studio.app.process().pid!;
});
test.afterAll(async () => {
  await studio.close();
  forget(studio.userData);
});
test.afterEach(async () => {
  // Main and engine are the ones they were, and still know what was open.
  expect(studio.app.process().pid).toBe(main);
  expect(await studio.enginePid()).toBe(engine);
  expect(await studio.get('document', {})).toMatchObject({ runs: 2, modelOpen: true });
});

/** Values that are no parameters, as text that the page evaluates: JSON and what JSON cannot hold. */
const strange = [
  'undefined',
  'null',
  'true',
  '-1',
  'NaN',
  'Infinity',
  '10n',
  '""',
  '"../../etc/passwd"',
  '"x".repeat(1e6)',
  '[]',
  '[[[[[]]]]]',
  'new Date(NaN)',
  'new Map([["file", "x"]])',
  'new Set([1])',
  'new Error("x")',
  'new Uint8Array(1e6)',
  'new ArrayBuffer(8)',
  '/x/',
  'Object.create(null)',
  '(() => { const ring = {}; ring.ring = ring; return ring; })()',
  'JSON.parse(\'{"__proto__":{"file":"x"},"constructor":1}\')',
];

/** A value for one key: of any kind, the likelier ones more often. */
function anything(next: () => number, depth = 0): string {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!;
  const kind = next();
  if (kind < 0.35) return pick(strange.slice(0, 19));
  if (kind < 0.5) return String(Math.round((next() - 0.5) * 2 ** Math.floor(next() * 60)));
  if (kind < 0.65) return JSON.stringify(pick(['argmax', 'constant', 'data', 'nig', 'secant', 'auto', 'a'.repeat(64)]));
  if (depth > 3) return '0';
  if (kind < 0.8) return `[${Array.from({ length: Math.floor(next() * 4) }, () => anything(next, depth + 1)).join()}]`;
  const keys = ['file', 'name', 'data', 'examples', 'baseline', 'target', 'kind', 'value', 'index', 'layer', 'bytes'];
  return `{${keys.filter(() => next() < 0.3).map((key) => `${key}: ${anything(next, depth + 1)}`)}}`; // prettier-ignore
}

/** Keys that a request's parameters have. */
const keysOf = (name: RequestName): string[] => Object.keys((requests[name].params as { shape?: object }).shape ?? {});

interface Said {
  readonly name: string;
  readonly params: string;
  /** The fault's code, `ok`, or what was thrown in the page before anything was sent. */
  readonly answer: string;
}

/** Asks from the page's own world. */
const ask = (questions: readonly { name: string; params: string }[]): Promise<Said[]> =>
  studio.page.evaluate(`(async () => {
    const said = [];
    for (const [name, params, make] of [${questions.map(({ name, params }) => `[${JSON.stringify(name)}, ${JSON.stringify(params)}, () => (${params})]`).join()}]) {
      let answer;
      try {
        const given = await window.mho.request(name, make());
        answer = given.ok === true ? 'ok' : given.ok === false ? given.fault.code : 'no answer';
      } catch (error) {
        answer = 'not sent: ' + error.message;
      }
      said.push({ name, params, answer });
    }
    return said;
  })()`);

/** What may come of a message that is not meant. */
const REFUSALS = ['REQUEST_INVALID', 'FILE_NOT_GRANTED', 'HANDLE_UNKNOWN', 'NOTHING_OPEN', 'MODEL_NOT_FOUND'];
/** Of requests that are about a layer alone, any name is sound, and hardly one is a layer's. */
const OF_LAYERS: readonly RequestName[] = ['layer', 'weights'];

const named = Object.keys(requests).filter((name) => name !== 'newWindow') as RequestName[];
for (const name of named)
  test(`${name}: what is not its parameters`, async () => {
    const next = random(name.length * 1000 + name.charCodeAt(0));
    const keys = keysOf(name);
    const refusals = OF_LAYERS.includes(name) ? [...REFUSALS, 'LAYER_UNKNOWN'] : REFUSALS;
    const mixed = Array.from(
      { length: 40 },
      () => `{${keys.map((key) => `${key}: ${anything(next)}`).join()}}`, // every key there, of any kind
    );
    const said = await ask([...strange, ...mixed].map((params) => ({ name, params })));
    for (const { params, answer } of said) {
      const what = `${name}(${params.slice(0, 200)})`;
      if (answer === 'ok') expect(keys.length === 0 || fits(name, params), what).toBe(true);
      else if (!answer.startsWith('not sent')) expect(refusals, what).toContain(answer);
    }
    expect(said.filter(({ answer }) => answer === 'REQUEST_INVALID').length).toBeGreaterThan(10);
  });

/** Whether the contract allows it: now and then chance finds something that is sound. */
const fits = (name: RequestName, params: string): boolean =>
  requests[name].params.safeParse((0, eval)(`(${params})`)).success;

test('names that are none', async () => {
  const names = [
    '',
    'save',
    'close',
    'leave',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'constructor',
    'x'.repeat(1e5),
  ];
  for (const { name, answer } of await ask(names.map((each) => ({ name: each, params: '{}' }))))
    expect(answer, name.slice(0, 40)).toBe('REQUEST_INVALID');
  const odd = await studio.page.evaluate<string[]>(`Promise.all(
    [undefined, null, 1, {}, [], ['settings'], Symbol.iterator].map((name) =>
      Promise.resolve().then(() => window.mho.request(name, {})).then((answer) => answer.fault?.code ?? 'ok', () => 'not sent')),
  )`);
  for (const answer of odd) expect(['REQUEST_INVALID', 'not sent']).toContain(answer);
});

test('dropped files that are none; one that the user chose is one', async () => {
  await studio.page.evaluate(
    `void document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'choice' }))`,
  );
  await studio.page.locator('#choice').setInputFiles(join(root, 'package.json'));
  const chosen = `window.mho.filesFrom([...document.querySelector('#choice').files])`;
  expect(await studio.page.evaluate(chosen)).toMatchObject([{ name: 'package.json' }]);
  const answers = await studio.page.evaluate<unknown[]>(`Promise.all(
    [undefined, null, 'x', {}, [], ['/etc/passwd'], [{ path: '/etc/passwd', name: 'passwd' }], [new File(['x'], '/etc/passwd')], [new Blob(['x'])]].map((files) =>
      Promise.resolve().then(() => window.mho.filesFrom(files)).catch(() => 'refused')),
  )`);
  for (const answer of answers) expect([[], 'refused']).toContainEqual(answer);
});

test('a page that is not ours, with our preload, gets nothing by any channel', async () => {
  const said = await studio.app.evaluate(
    async ({ BrowserWindow }, [preload, names]) => {
      const stranger = new BrowserWindow({
        show: false,
        webPreferences: { preload: preload as string, sandbox: true, contextIsolation: true },
      });
      const answers: string[] = [];
      for (const url of ['data:text/html,stranger', 'about:blank']) {
        await stranger.loadURL(url);
        answers.push(
          ...((await stranger.webContents.executeJavaScript(`Promise.all([
            ...${JSON.stringify(names)}.map((name) => window.mho.request(name, {}).then((answer) => answer.ok ? name + ' was answered' : answer.fault.code)),
            window.mho.filesFrom([new File(['x'], 'x')]).then((files) => files.length === 0 ? 'REQUEST_INVALID' : 'files'),
          ])`)) as string[]),
        );
      }
      stranger.destroy();
      return answers;
    },
    [join(root, 'out/preload/index.js'), Object.keys(requests)] as const,
  );
  expect(said.length).toBe(2 * (Object.keys(requests).length + 1));
  expect(new Set(said)).toEqual(new Set(['REQUEST_INVALID']));
});

test('words into a job’s port are not heard', async () => {
  await studio.page.evaluate(`void window.addEventListener('message', ({ data, ports }) => {
    if (data.channel !== 'mho:job') return;
    for (const word of ['cancel', { kind: 'begin' }, { kind: 'request', id: 1, name: 'close', params: {} }, null, new Uint8Array(1e6)])
      ports[0].postMessage(word);
  })`);
  const before = await studio.get('runList', {});
  const job = await runToEnd(studio, await openDigits(studio));
  const made = (await studio.get('runList', {})).filter((each) => each.job === job);
  expect(made).toHaveLength(2);
  for (const each of made) await studio.get('removeRun', { run: each.run });
  expect(await studio.get('runList', {})).toEqual(before);
});
