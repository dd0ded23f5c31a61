/** In a browser, over `mho serve`: a WebSocket for everything but files, which are uploaded. */
import { MhoError } from '../../contract/errors';
import { ENDINGS } from '../../contract/formats';
import type { Answer, FileRef, JobNotice, Params, Result, StudioClient, StudioNotice } from '../../contract/studio';
import { fromBytes, toBytes, type FromServer } from '../../contract/wire';
import { StudioError, valueOf } from './fault';
import { OpenJobs } from './jobs';

const unreachable = (reason: string): StudioError => new StudioError(new MhoError('SERVER_GONE', { reason }).fault);

/** Notices of a job that came before the answer which names it. */
class Early {
  readonly #kept = new Map<string, JobNotice[]>();
  add(job: string, notice: JobNotice): void {
    this.#kept.set(job, [...(this.#kept.get(job) ?? []), notice]);
  }
  take(job: string): JobNotice[] {
    const kept = this.#kept.get(job) ?? [];
    this.#kept.delete(job);
    return kept;
  }
}

/** Lets the user pick files; none when the dialog was closed. */
const picked = (accept: string, multiple = false): Promise<readonly File[]> =>
  new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.multiple = multiple;
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });

const endings: Readonly<Record<Params<'chooseFile'>['purpose'], string>> = {
  'model-file': ENDINGS.model.join(),
  'model-folder': '',
  session: ENDINGS.session.join(),
};

/** Hands bytes to the browser's own saving. */
function download(name: string, bytes: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(bytes);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param location of the page, whose address carries the server's token
 * @throws StudioError SERVER_GONE
 */
export async function overSocket(location: Location): Promise<StudioClient> {
  const token = new URLSearchParams(location.search).get('token') ?? '';
  const query = `token=${encodeURIComponent(token)}`;
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket?${query}`);
  socket.binaryType = 'arraybuffer';
  const jobs = new OpenJobs();
  const early = new Early();
  const open = new Set<string>();
  const listeners = new Set<(notice: StudioNotice) => void>();
  const waiting = new Map<number, (answer: Answer) => void>();
  let nextId = 1;

  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(unreachable('it does not answer'));
  });
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    const message = fromBytes(new Uint8Array(data)) as FromServer;
    if (message.kind === 'answer') {
      waiting.get(message.id)?.(message.answer);
      waiting.delete(message.id);
    } else if (message.kind === 'notice') {
      for (const listener of listeners) listener(message.notice);
    } else if (open.has(message.job)) {
      if (!jobs.tell(message.job, message.notice)) open.delete(message.job);
    } else early.add(message.job, message.notice);
  };
  socket.onclose = () => {
    const { fault } = unreachable('the connection was closed');
    for (const answer of waiting.values()) answer({ ok: false, fault });
    waiting.clear();
    jobs.failAll(fault);
    for (const listener of listeners) listener({ kind: 'engine', state: 'failed', fault });
  };

  const ask = (name: string, params: unknown): Promise<unknown> => {
    if (socket.readyState !== WebSocket.OPEN) return Promise.reject(unreachable('the connection was closed'));
    const id = nextId++;
    return new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      socket.send(toBytes({ id, name, params }) as Uint8Array<ArrayBuffer>);
    }).then(valueOf);
  };

  const upload = async (file: File): Promise<FileRef> => {
    const answer = await fetch(`/upload?${query}&name=${encodeURIComponent(file.name)}`, {
      method: 'POST',
      body: file,
    });
    return valueOf((await answer.json()) as Answer) as FileRef;
  };

  /** What a browser does itself rather than the server. */
  const own: { readonly [Name in string]?: (params: never) => Promise<unknown> } = {
    chooseFile: async ({ purpose }: Params<'chooseFile'>) => {
      const [file] = await picked(endings[purpose]);
      return file ? upload(file) : null;
    },
    chooseData: async () => Promise.all((await picked(ENDINGS.data.join(), true)).map(upload)),
    exportFile: async ({ name, bytes }: Params<'exportFile'>) => {
      download(name, new Blob([bytes as Uint8Array<ArrayBuffer>]));
      return name;
    },
    saveSession: () => saveSession(),
    saveSessionAs: () => saveSession(),
    newWindow: async () => void window.open(location.href, '_blank', 'noopener'),
  };

  /** The server writes the session; the browser fetches it. */
  async function saveSession(): Promise<boolean> {
    const { name, path } = (await ask('prepareDownload', {})) as { name: string; path: string };
    const answer = await fetch(`${path}?${query}`);
    if (!answer.ok) throw unreachable(`it answered ${answer.status}`);
    download(name, await answer.blob());
    return true;
  }

  return {
    host: 'browser',
    request: async (name, params) =>
      (await (own[name] ? own[name](params as never) : ask(name, params))) as Result<typeof name>,
    startRun: async (setup, listener) => {
      const { job } = (await ask('startRun', setup)) as Result<'startRun'>;
      jobs.open(job, listener);
      open.add(job);
      for (const notice of early.take(job)) if (!jobs.tell(job, notice)) open.delete(job);
      return { job, cancel: async () => void (await ask('cancelRun', { job })) };
    },
    onNotice: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    filesFrom: (files) => Promise.all(files.map(upload)),
  };
}
