/** Reading JSON that somebody else wrote: every access is checked, faults name the key and what it holds. */
import { isRecord } from '../../../contract/records';
import type { Budget } from './budget';

/** A fault of the configuration. Whoever knows the layer turns it into an error of the catalogue. */
export class ConfigFault extends Error {}

export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** A JSON object, read key by key. */
export class Config {
  constructor(readonly raw: Readonly<Record<string, unknown>>) {}

  static of(value: unknown, what: string): Config {
    if (!isRecord(value)) throw new ConfigFault(`${what} is ${shown(value)}, expected an object`);
    return new Config(value);
  }

  /** The same with some of it changed. */
  with(changes: Readonly<Record<string, unknown>>): Config {
    return new Config({ ...this.raw, ...changes });
  }

  /** The value, or undefined where it is absent or null. */
  get(key: string): unknown {
    return (Object.hasOwn(this.raw, key) ? this.raw[key] : undefined) ?? undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  private expect<T>(key: string, what: string, check: (value: unknown) => value is T, missing?: T): T {
    const value = this.get(key) ?? missing;
    if (!check(value)) throw new ConfigFault(`${key} is ${shown(value)}, expected ${what}`);
    return value;
  }

  text(key: string, missing?: string): string {
    return this.expect(key, 'a text', (value) => typeof value === 'string', missing);
  }

  flag(key: string, missing: boolean): boolean {
    const value = this.get(key);
    if (value === 0 || value === 1) return value === 1; // some exporters write flags as numbers
    return this.expect(key, 'true or false', (each) => typeof each === 'boolean', missing);
  }

  number(key: string, missing?: number): number {
    const value = this.get(key);
    const plain = isRecord(value) && 'value' in value ? value['value'] : value; // Keras 2 writes numpy scalars as objects
    const number = plain ?? missing;
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw new ConfigFault(`${key} is ${shown(number)}, expected a number`);
    return number;
  }

  whole(key: string, missing?: number): number {
    const number = this.number(key, missing);
    if (!Number.isInteger(number)) throw new ConfigFault(`${key} is ${number}, expected a whole number`);
    return number;
  }

  list(key: string): readonly unknown[] {
    return this.expect(key, 'a list', (value) => Array.isArray(value));
  }

  /** One whole number per spatial axis; a single one serves all. */
  perAxis(key: string, axes: number, missing?: number | readonly number[]): number[] {
    const value = this.get(key) ?? missing;
    const list = Array.isArray(value) ? value : Array<unknown>(axes).fill(value);
    if (list.length !== axes || !list.every((each) => Number.isInteger(each)))
      throw new ConfigFault(`${key} is ${shown(value)}, expected ${axes} whole number${axes > 1 ? 's' : ''}`);
    return list as number[];
  }

  /** A nested list of numbers of any depth, or one number, with its shape. */
  array(key: string): { readonly shape: readonly number[]; readonly data: Float32Array } {
    const value = this.get(key);
    const { shape, data } = nested(value);
    if (!data?.every((each) => typeof each === 'number'))
      throw new ConfigFault(`${key} is ${shown(value)}, expected numbers`);
    return { shape, data: Float32Array.from(data as number[]) };
  }

  config(key: string): Config {
    return Config.of(this.get(key), key);
  }
}

/** A value in JSON's place that Python writes and JSON has not. */
const BEYOND_JSON = /([:,[]\s*)(?:(-?)Infinity|NaN)(?=\s*[,\]}])/g;

/** Lists and objects within each other; a model nested in models takes some six for each. */
const DEEPEST = 512;
/** Bytes of what JSON becomes, by the byte that announces it: a list or object, a key, a further value. */
const OPENING = 96;
const KEY = 48;
const VALUE = 24;

/**
 * Parses JSON as Python writes it, with infinities, and null for what is no number; counted before it is parsed, since
 * values take up to a hundred times their text.
 * @throws SyntaxError, MODEL_TOO_LARGE
 */
export function parsedWithin(bytes: Uint8Array, budget: Budget): unknown {
  let [taken, depth, quoted] = [2 * bytes.length, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x2c) taken += VALUE;
    else if (byte === 0x3a) taken += KEY;
    else if (byte === 0x5b || byte === 0x7b) {
      taken += OPENING;
      if (++depth > DEEPEST) throw budget.refused('the depth of its JSON', `above ${DEEPEST}`, DEEPEST);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  budget.take(taken);
  return parsed(new TextDecoder().decode(bytes)); // leaves out a byte order mark
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(?:Infinity|NaN)\b/.test(text)) throw error;
    const beyond = (_: string, before: string, sign?: string): string =>
      before + (sign === undefined ? 'null' : `${sign}1e999`);
    return JSON.parse(text.replace(BEYOND_JSON, beyond));
  }
}

/** Infinities of masks become a large number, so that differences stay numbers. */
const finite = (value: unknown): unknown =>
  typeof value === 'number' ? Math.min(Math.max(value, -1e30), 1e30) : value;

/** Numbers or truth values in nested lists of equal lengths, with their shape; data is null for anything else. */
export function nested(value: unknown): {
  readonly shape: readonly number[];
  readonly data: readonly unknown[] | null;
} {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length < 8; inner = inner[0]) shape.push(inner.length);
  const data = [value].flat(8) as unknown[];
  const size = shape.reduce((product, each) => product * each, 1);
  const right = data.length === size && data.every((each) => typeof each === 'number' || typeof each === 'boolean');
  return { shape, data: right ? data.map(finite) : null };
}
