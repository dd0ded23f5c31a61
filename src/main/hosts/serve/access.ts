/**
 * Who may ask. Everything here is total: whatever bytes a stranger sends, it answers yes or no and never throws.
 *
 * The address that is printed carries the token; it is good for entering, and is exchanged for a cookie at once. A cookie
 * of 127.0.0.1 goes to every port of it, so it is named by the port, has a secret of its own, and alone is not enough: our
 * own name (Host) and our own page (Origin, Sec-Fetch-Site) are asked for beside it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a request asks for: its path as it came, undecoded, and its query. */
export interface Target {
  readonly pathname: string;
  readonly query: URLSearchParams;
}

/** Null where it is no path of this server: absolute, `*`, or nothing at all. */
export function targetOf({ url = '' }: Pick<IncomingMessage, 'url'>): Target | null {
  if (!url.startsWith('/')) return null;
  const mark = url.indexOf('?');
  return mark < 0
    ? { pathname: url, query: new URLSearchParams() }
    : { pathname: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** A secret that is compared by its hash: in a time that tells nothing, whatever is given. */
class Secret {
  readonly text = randomBytes(24).toString('base64url');
  readonly #digest = digest(this.text);

  is(given: string | null | undefined): boolean {
    return typeof given === 'string' && timingSafeEqual(digest(given), this.#digest);
  }
}

type Headers = Pick<IncomingMessage, 'headers'>;

export class Access {
  readonly #token = new Secret();
  readonly #cookie = new Secret();

  constructor(private readonly port: number) {}

  get token(): string {
    return this.#token.text;
  }

  names(): string[] {
    return [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
  }

  /** Asked under our own name, by our own page or by typing the address. */
  own({ headers: { host, origin } }: Headers): boolean {
    return host !== undefined && this.names().includes(host) && (origin === undefined || origin === `http://${host}`);
  }

  /** Not from another site's page, nor from another port's, where the browser says where from. */
  fromOwnPage({ headers }: Headers): boolean {
    const site = headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }

  /** The query carries the token: for entering, and nothing else. */
  enters({ query }: Target): boolean {
    return this.#token.is(query.get('token'));
  }

  /** What the browser of somebody who entered is given: `Set-Cookie`. */
  get pass(): string {
    return `${this.#cookieName}=${this.#cookie.text}; Path=/; HttpOnly; SameSite=Strict`;
  }

  get #cookieName(): string {
    return `mho-${this.port}`;
  }

  #hasCookie({ headers: { cookie = '' } }: Headers): boolean {
    const begin = `${this.#cookieName}=`;
    return cookie.split(';').some((each) => {
      const pair = each.trim();
      return pair.startsWith(begin) && this.#cookie.is(pair.slice(begin.length));
    });
  }

  /** A script's own way, which no page of another site can take: `Authorization: Bearer TOKEN`. */
  #hasToken({ headers: { authorization = '' } }: Headers): boolean {
    return authorization.startsWith('Bearer ') && this.#token.is(authorization.slice('Bearer '.length));
  }

  /** Somebody who entered. */
  knows(request: Headers): boolean {
    return this.#hasCookie(request) || this.#hasToken(request);
  }

  /**
   * Somebody who entered and may do something: for that a browser always says where it comes from, whereas a script
   * shows the token itself.
   */
  allows(request: Headers): boolean {
    return this.#hasToken(request) || (this.#hasCookie(request) && request.headers.origin !== undefined);
  }
}
