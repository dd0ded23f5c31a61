/** All that is read in threads, by kind. */
import type { files } from './files';
import type { sessions } from './sessions';

type Readers = typeof files & typeof sessions;
export type Kind = keyof Readers;
export type Asked<Of extends Kind> = Parameters<Readers[Of]>[0];
export type Answer<Of extends Kind> = Awaited<ReturnType<Readers[Of]>>['value'];
