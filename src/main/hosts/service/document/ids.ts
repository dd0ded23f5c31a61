import { randomBytes } from 'node:crypto';

/** Of documents, runs, jobs and data: nobody can guess another's. */
export const newId = (): string => randomBytes(12).toString('hex');
