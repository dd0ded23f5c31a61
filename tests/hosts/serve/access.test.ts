/** Who may ask: an answer to anything that a header can hold. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Access, targetOf } from '../../../src/main/hosts/serve/access';

const PORT = 1234;
const access = new Access(PORT);
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom('//', '///', '/', '*', '', 'http:', 'http://', '//[', '/?', '/%', '/%00', '/?%', '/?token=%ff', '?', '/\\', '//?token='), // prettier-ignore
  fc.string({ maxLength: 20 }).map((text) => `/${text}?token=${text}`),
  fc.string({ maxLength: 40 }).map((text) => `mho-${PORT}=${text}`),
  fc.string({ unit: 'binary', minLength: 32, maxLength: 32 }).map((text) => `Bearer ${text}`),
  fc.string({ unit: 'binary', minLength: 32, maxLength: 32 }).map((text) => `mho-${PORT}=${text}`),
);

it('answers no to whoever does not know a secret, and never throws', () => {
  const headers = fc.record(
    { host: odd, origin: odd, cookie: odd, authorization: odd, 'sec-fetch-site': odd },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(odd, headers, (url, given) => {
      const target = targetOf({ url });
      if (target) expect(access.enters(target)).toBe(false);
      const request = { headers: given };
      expect(access.knows(request)).toBe(false);
      expect(access.allows(request)).toBe(false);
      expect(typeof access.own(request)).toBe('boolean');
      expect(typeof access.fromOwnPage(request)).toBe('boolean');
    }),
    { numRuns: 20_000 },
  );
});

it('keeps the path as it came: nothing is decoded or joined', () => {
  expect(targetOf({ url: '//evil.example/x?a=b?c' })).toEqual({
    pathname: '//evil.example/x',
    query: new URLSearchParams('a=b?c'),
  });
  expect(targetOf({ url: 'http://127.0.0.1/' })).toBe(null);
});

it('knows the token by Bearer and in the entry, the cookie as a cookie, and neither in the other’s place', () => {
  const [cookie] = access.pass.split(';');
  const secret = cookie!.split('=')[1]!;
  expect(access.enters(targetOf({ url: `/?token=${access.token}` })!)).toBe(true);
  expect(access.enters(targetOf({ url: `/?token=${secret}` })!)).toBe(false);
  expect(access.allows({ headers: { authorization: `Bearer ${access.token}` } })).toBe(true);
  expect(access.allows({ headers: { authorization: `Bearer ${secret}` } })).toBe(false);
  expect(access.knows({ headers: { cookie: `mho-${PORT}=${access.token}` } })).toBe(false);
  expect(access.knows({ headers: { cookie: `mho-${PORT}=planted; ${cookie}` } })).toBe(true);
  expect(access.allows({ headers: { cookie } })).toBe(false); // a browser that does something says where from
  expect(access.allows({ headers: { cookie, origin: `http://127.0.0.1:${PORT}` } })).toBe(true);
});
