/** Numbers that stand for the batch and for free sizes in shape arithmetic: primes, and their product is exact. */
export const BATCH = 1048573;
export const FREE = 1048571;

/** Whether a size of shape arithmetic has a free one in it. */
export const symbolic = (size: number): boolean => size >= FREE && (size % BATCH === 0 || size % FREE === 0);

/** No file has sizes of this kind: products of several that stand for others. */
const BEYOND = 2 ** 40;
/** What arithmetic divides sizes by, and adds to them: strides and windows. */
const PARTS = 64;
const NEAR = 128;

/**
 * Whether a number may be what arithmetic makes of a stand-in: a part of it, and a little more or less. Where a file leaves sizes free it
 * is taken for one, since what is shown then is only a first look.
 */
export function made(size: number): boolean {
  if (size >= BEYOND) return true;
  const near = (prime: number): boolean => {
    const part = prime / PARTS;
    return Math.abs(size - part * Math.round(size / part)) <= NEAR;
  };
  return size >= FREE / 8 && (near(FREE) || near(BATCH));
}

/** A text without stand-ins: nobody knows these numbers. @param open whether the file leaves sizes free, besides the batch */
export const withoutStandIns = (text: string, open: boolean): string =>
  text.replace(/-?\d+(?:\.\d+)?(?:e\+\d+)?/g, (written) => {
    const size = Math.abs(Number(written));
    return (open ? made(size) : symbolic(size) || size >= BEYOND) ? '?' : written;
  });
