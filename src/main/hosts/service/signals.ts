/** Work that can be given up: by who asked for it, or because what it belongs to is gone. */

/**
 * Work under a signal that comes as soon as one of several comes. (`AbortSignal.any` is younger than the oldest Node that
 * we run on, and keeps listening when the work is done.)
 */
export async function under<Result>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const own = new AbortController();
  const heard = new AbortController(); // ends the listening
  for (const signal of signals) {
    const end = (): void => own.abort(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { signal: heard.signal });
  }
  try {
    return await work(own.signal);
  } finally {
    heard.abort();
  }
}

/** Rejects as soon as the signal comes, whether or not the work has seen it by then. */
export async function unless<Result>(
  signal: AbortSignal,
  fault: () => Error,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) throw fault();
  let end = (): void => undefined;
  const given = new Promise<never>((_, reject) => {
    end = () => reject(fault());
    signal.addEventListener('abort', end);
  });
  try {
    return await Promise.race([work(), given]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Newest answer wins: who asks again under a key gives up what was asked under it before. */
export class Latest {
  readonly #asked = new Map<string, AbortController>();

  /** @param reason what the one before is told */
  async take<Result>(key: string, reason: Error, work: (superseded: AbortSignal) => Promise<Result>): Promise<Result> {
    this.#asked.get(key)?.abort(reason);
    const own = new AbortController();
    this.#asked.set(key, own);
    try {
      return await work(own.signal);
    } finally {
      if (this.#asked.get(key) === own) this.#asked.delete(key);
    }
  }
}
