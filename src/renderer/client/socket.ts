/**
 * In a browser, over `mho serve`: a WebSocket for everything but files, which are uploaded. What says who asks is a cookie
 * that no script can read; the page itself keeps only which document it shows, so that it shows it again after a reload.
 */
import { printPicture } from './print';
import { MhoError } from '../../contract/errors';
import { ENDINGS } from '../../contract/formats';
import type {
  Answer,
  FileRef,
  Job,
  JobNotice,
  JobRequestName,
  JobSetup,
  Params,
  Result,
  StudioClient,
  StudioNotice,
} from '../../contract/studio';
import { fromBytes, LARGEST_UPLOAD, toBytes, type FromServer } from '../../contract/wire';
import { StudioError, valueOf } from './fault';
import { OpenJobs } from './jobs';

const unreachable = (reason: string): StudioError => new StudioError(new MhoError('SERVER_GONE', { reason }).fault);

/** Notices of a job that came before anybody listened to it. */
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

/** Hands what an address gives to the browser's own saving. */
function download(name: string, href: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}

/** Where this tab keeps which document it shows; a new tab has none. */
const DOCUMENT = 'mho-document';

/**
 * @param location of the page
 * @throws StudioError SERVER_GONE
 */
export async function overSocket(location: Location): Promise<StudioClient> {
  const before = sessionStorage.getItem(DOCUMENT);
  const query = before === null ? '' : `?document=${encodeURIComponent(before)}`;
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket${query}`);
  socket.binaryType = 'arraybuffer';
  const jobs = new OpenJobs();
  const early = new Early();
  const open = new Set<string>();
  const listeners = new Set<(notice: StudioNotice) => void>();
  const waiting = new Map<number, (answer: Answer) => void>();
  let nextId = 1;

  /** A job's notices go to the listener from now on, those that came before first. */
  const follow = (job: string, listener: (notice: JobNotice) => void): Job => {
    jobs.open(job, listener);
    open.add(job);
    for (const notice of early.take(job)) if (!jobs.tell(job, notice)) open.delete(job);
    return {
      job,
      cancel: async () => void (await ask('cancelRun', { job })),
      enough: async () => void (await ask('enoughRun', { job })),
    };
  };

  const heard = (message: Exclude<FromServer, { kind: 'welcome' }>): void => {
    if (message.kind === 'answer') {
      waiting.get(message.id)?.(message.answer);
      waiting.delete(message.id);
    } else if (message.kind === 'notice') {
      const { notice } = message;
      if (notice.kind === 'engine' && notice.fault) jobs.failAll(notice.fault);
      for (const listener of listeners) listener(notice);
    } else if (open.has(message.job)) {
      if (!jobs.tell(message.job, message.notice)) open.delete(message.job);
    } else early.add(message.job, message.notice);
  };

  const welcome = await new Promise<Extract<FromServer, { kind: 'welcome' }>>((resolve, reject) => {
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const message = fromBytes(new Uint8Array(data)) as FromServer;
      if (message.kind === 'welcome') resolve(message);
      else heard(message);
    };
    socket.onclose = () => reject(unreachable('it does not answer'));
  });
  sessionStorage.setItem(DOCUMENT, welcome.document);
  for (const { job, notices } of welcome.jobs) for (const notice of notices) early.add(job, notice);
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

  const start = async (name: JobRequestName, asked: JobSetup, listener: (notice: JobNotice) => void): Promise<Job> =>
    follow(((await ask(name, asked)) as Result<JobRequestName>).job, listener);

  const upload = async (file: File): Promise<FileRef> => {
    // Told here: a server that refuses in the middle can only cut the connection.
    const tooLarge = { path: file.name, reason: `it is larger than ${LARGEST_UPLOAD} bytes` };
    if (file.size > LARGEST_UPLOAD) throw new StudioError(new MhoError('FILE_WRITE', tooLarge).fault);
    const where = new URLSearchParams({ document: welcome.document, name: file.name });
    const answer = await fetch(`/upload?${where}`, { method: 'POST', body: file }).catch((error: Error) => {
      throw unreachable(error.message);
    });
    if (!answer.ok) throw unreachable(`it answered ${answer.status}`);
    return valueOf((await answer.json()) as Answer) as FileRef;
  };

  /** One after the other: as many connections as there are files would be refused. */
  const uploadAll = async (files: readonly File[]): Promise<readonly FileRef[]> => {
    const taken: FileRef[] = [];
    for (const file of files) taken.push(await upload(file));
    return taken;
  };

  /** What a browser does itself rather than the server. */
  const own: { readonly [Name in string]?: (params: never) => Promise<unknown> } = {
    chooseFile: async ({ purpose }: Params<'chooseFile'>) => {
      const [file] = await picked(endings[purpose]);
      return file ? upload(file) : null;
    },
    chooseData: async () => uploadAll(await picked(ENDINGS.data.join(), true)),
    exportFile: async ({ name, bytes }: Params<'exportFile'>) => {
      const href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
      download(name, href);
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      return name;
    },
    copy: async (what: Params<'copy'>) => {
      if (what.kind === 'text') await navigator.clipboard.writeText(what.text);
      else {
        const png = new Blob([what.png as Uint8Array<ArrayBuffer>], { type: 'image/png' });
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
      }
    },
    exportPdf: async ({ name, svg, width, height }: Params<'exportPdf'>) => {
      await printPicture(svg, width, height);
      return name;
    },
    saveSession: () => saveSession(),
    saveSessionAs: () => saveSession(),
    newWindow: async () => window.open(location.href, '_blank', 'noopener') !== null,
  };

  /** The server writes the session; the browser fetches it, whatever its size. */
  async function saveSession(): Promise<boolean> {
    const { name, path } = (await ask('prepareDownload', {})) as { name: string; path: string };
    download(name, path);
    return true;
  }

  return {
    host: 'browser',
    left: welcome.jobs.map(({ job, setup, started }) => ({
      setup,
      started,
      follow: (listener) => follow(job, listener),
    })),
    request: async (name, params) =>
      (await (own[name] ? own[name](params as never) : ask(name, params))) as Result<typeof name>,
    startRun: (setup, listener) => start('startRun', setup, listener),
    continueRun: (asked, listener) => start('continueRun', asked, listener),
    startJudging: (asked, listener) => start('startJudging', asked, listener),
    onNotice: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    filesFrom: uploadAll,
  };
}
