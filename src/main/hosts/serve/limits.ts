/** What anybody may take of the server, in one place. Bytes and milliseconds. */

/** Before a token is shown: header bytes, time to send them, connections held at once (the oldest goes first). */
export const UNKNOWN = { headerBytes: 8192, headerTime: 10_000, connections: 512 } as const;
/** A request that is sent before the answers to so many others were taken ends its connection: browsers never do that. */
export const MOST_PIPELINED = 2;
/** A connection on which nothing moves for this long is closed: an upload may take hours, but not stand still. */
export const IDLE = 60_000;
/**
 * Connections that wait to be taken. More than the system allows (some thousand) is as much as it allows: where they are
 * too many, it lets the next ones try again after a second, and after three.
 */
export const BACKLOG = 4096;
/** All connections together. */
export const MOST_CONNECTIONS = 2048;

/** Of a page's socket. Requests are small: large things are files. */
export const SOCKET = {
  frameBytes: 2 ** 24,
  /** Arrays in arrays; no request has more than a few. */
  depth: 32,
  /** Values in a frame: a request names some hundred thousand examples or layers at the most. */
  values: 2 ** 19,
  /** Requests under way; more of them wait unread. */
  asked: 64,
  /** What the page has not read yet: from here on it is told no progress and no rounds, and nothing it asks is begun. */
  unread: 2 ** 25,
  /** From here on it is let go. */
  unreadMost: 2 ** 30,
  /** Between two signs of life. */
  heartbeat: 30_000,
} as const;

/** Pages that are held at once, with those that went away and may come back. */
export const MOST_PAGES = 64;
/** So long a page that went away may come back to its document. */
export const GRACE = 5 * 60_000;
/** So long another page has to show that it is there before its document goes to a new one. */
export const STILL_THERE = 1000;

/** Of uploads: all of all pages, and under way at once for one page. */
export const UPLOADS = { bytes: 16 * 2 ** 30, atOnce: 8 } as const;
/** So long the engine has, when the server ends, to keep what is unsaved. */
export const FAREWELL = 5000;
