/** Names of the few messages between a window and the program; what they carry is in studio.ts. */
export const REQUEST_CHANNEL = 'mho:request';
export const NOTICE_CHANNEL = 'mho:notice';
/** Carries the job's id and, as its port, where the job tells how it goes on. */
export const JOB_CHANNEL = 'mho:job';
/** A file that was dropped: path to token, by the preload alone. */
export const DROP_CHANNEL = 'mho:drop';

/** What the preload puts on the page, as `window.mho`. */
export interface StudioBridge {
  request(name: string, params: unknown): Promise<unknown>;
  onNotice(listener: (notice: unknown) => void): () => void;
  filesFrom(files: readonly File[]): Promise<unknown>;
}
