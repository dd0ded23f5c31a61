/**
 * Kernels as layers keep them: real numbers, or codes with scales (Keras 3's `quantize`), which are multiplied out when the file
 * is opened. What is held tells how it is quantised, since configurations do not always: those of attention layers say nothing.
 */
import { isRecord } from '../../../../contract/records';
import type { Shape, ValueId } from '../../graph/graph';
import { Config, ConfigFault } from '../json';
import { product } from '../tensors/array';
import { type LayerCall, NotExpressible } from './call';
import { isSince } from './version';
import type { Part, StoredWeight } from './weights';

/** How the values that meet a quantised kernel are rounded: `roundToSteps`, but for the axes. */
export interface Steps {
  readonly least: number;
  readonly most: number;
  readonly epsilon: number;
}

/** keras.quantizers.AbsMaxQuantizer as it comes. */
const USUAL: Steps = { least: -127, most: 127, epsilon: 1e-7 };

export interface KernelAsked {
  /** Null where the file tells the size. */
  readonly shape: Shape;
  /** Null where the layer has no bias. */
  readonly bias: Shape | null;
  readonly part?: Part;
  /** Axes of the kernel that its product sums over. */
  readonly summed: readonly number[];
  /** The other axes, in the order in which the product has them. */
  readonly kept: readonly number[];
}

export interface Kernel {
  readonly kernel: ValueId;
  readonly bias: ValueId | undefined;
  /** Null where values meet the kernel as they are. */
  readonly steps: Steps | null;
}

type Mode = 'int8' | 'int4' | 'gptq' | 'awq';
/** What a quantised weight is made of. */
type Role = 'codes' | 'bias' | 'scale' | 'zero' | 'groups' | 'protection';

/** In the order in which archives have them (`variable_serialization_spec`). */
const ORDER: Readonly<Record<Mode, readonly Role[]>> = {
  int8: ['codes', 'bias', 'scale'],
  int4: ['codes', 'bias', 'scale', 'zero', 'groups'],
  gptq: ['bias', 'codes', 'scale', 'zero', 'groups'],
  awq: ['bias', 'codes', 'scale', 'zero', 'protection', 'groups'],
};

const namesOf = (role: Role, kernel: string): readonly string[] =>
  ({
    codes: [kernel],
    bias: ['bias'],
    scale: [`${kernel}_scale`],
    zero: [`${kernel}_zero`, 'zero_point'],
    groups: ['g_idx'],
    protection: ['awq_scales'],
  })[role];

/** .h5 files keep it apart, and Keras adds it to what was rounded without being rounded itself; archives hold one sum. */
const BESIDE = "LoRA's weights beside quantised ones";

/** A kernel and its bias in real numbers, however they are stored. */
export function kernelOf(call: LayerCall, asked: KernelAsked): Kernel {
  const { shape, bias, part } = asked;
  const held = call.held(part);
  const mode = modeOf(call, shape, part, held);
  if (mode === null) {
    const [kernel, own] = call.stored(
      [{ names: ['kernel'], shape }, ...(bias ? [{ names: ['bias'], shape: bias }] : [])],
      part,
    );
    return { kernel: withLowRank(call, part, held, kernel!), bias: own, steps: null };
  }
  if (held.some(({ suffix }) => suffix === 'lora_kernel_a')) throw new NotExpressible(BESIDE);
  const parts = partsOf(
    call,
    'kernel',
    ORDER[mode].filter((role) => role !== 'bias' || bias !== null),
    held,
    part,
  );
  // Keras 3.15 leaves the zero points of these out of archives; its .h5 files have them.
  if ((mode === 'gptq' || mode === 'awq') && !parts.has('groups'))
    throw new NotExpressible(`${mode} weights without their zero points`);
  const make = (): { shape: number[]; data: Float32Array } =>
    mode === 'int8' || mode === 'int4' ? byColumn(parts, asked, mode) : byRow(parts, asked, mode);
  return {
    kernel: call.derived(`${scopeOf(part)}kernel`, make),
    bias: parts.ids.get('bias'),
    steps: mode === 'int8' || mode === 'int4' ? stepsOf(call, part, mode, parts) : null,
  };
}

export interface Tables {
  /** [rows, features], each row with a scale of its own or one for each group of features. */
  readonly table: ValueId;
  /** What features are multiplied by to give rows back: the table itself, or [features, rows]. */
  readonly back: ValueId;
  /** How features are rounded before that; null where they are not. */
  readonly steps: Steps | null;
}

/** A table and what leads back from its features to its rows. @param apart whether that is a weight of its own */
export function tablesOf(call: LayerCall, rows: number, features: number, apart: boolean): Tables {
  const held = call.held();
  const shape = [rows, features];
  const mode = modeOf(call, shape, undefined, held);
  if (mode === null) {
    const [table] = call.stored([{ names: ['embeddings'], shape }]);
    const adapted = withLowRank(call, undefined, held, table!, 'lora_embeddings');
    const back = apart ? call.weights(['reverse_embeddings', [features, rows]])[0]! : adapted;
    return { table: adapted, back, steps: null };
  }
  if (mode !== 'int8' && mode !== 'int4') throw new NotExpressible(`${mode} rows`);
  if (held.some(({ suffix }) => suffix === 'lora_embeddings_a')) throw new NotExpressible(BESIDE);
  const order: readonly Role[] = ['codes', 'scale', 'zero', 'groups'];
  const parts = partsOf(call, 'embeddings', order, held, undefined, apart ? 2 : 0);
  const table = call.derived('embeddings', () => {
    const codes = mode === 'int4' ? unpacked(parts.get('codes'), 1, features, true) : parts.get('codes');
    return { shape, data: scaled(fitting(codes, shape), parts, 1, (at) => Math.floor(at / features)) };
  });
  const config = call.config.get('quantization_config');
  const steps = isRecord(config) ? stepsOf(call, undefined, mode, parts) : USUAL;
  if (!apart) return { table, back: table, steps };
  const left = held.slice(parts.ids.size);
  const own = partsOf(
    call,
    'reverse_embeddings',
    parts.has('groups') ? ['codes', 'scale', 'zero'] : ['codes', 'scale'],
    left,
  );
  const back = call.derived('reverse_embeddings', () => {
    const codes = mode === 'int4' ? unpacked(own.get('codes'), 0, features, true) : own.get('codes');
    return {
      shape: [features, rows],
      data: scaled(fitting(codes, [features, rows]), own.with(parts), 0, (at) => at % rows),
    };
  });
  return { table, back, steps };
}

/** What is quantised, and how; null for real numbers. */
function modeOf(call: LayerCall, shape: Shape, part: Part | undefined, held: readonly StoredWeight[]): Mode | null {
  const told = toldMode(call.config, part);
  if (told === 'float8' || held.some(({ suffix }) => suffix === 'inputs_amax_history'))
    throw new NotExpressible('numbers of float8');
  const codes = held.find(({ numbers }) => numbers !== 'real');
  if (!codes) {
    // Of a quantised part that no name tells, so many real numbers are those of float8.
    if (held.length >= 7 && held.every(({ suffix }) => suffix === null)) throw new NotExpressible('numbers of float8');
    return null;
  }
  if (told === 'int8' || told === 'int4' || told === 'gptq' || told === 'awq') return told;
  if (told !== null) throw new NotExpressible(`numbers of ${told}`);
  const whole = held.filter(({ numbers }) => numbers !== 'real');
  if (codes.numbers === 'unsigned') {
    const protectedBy = held.some(({ suffix }) => suffix === 'awq_scales');
    return protectedBy || (codes.suffix === null && held.length - held.indexOf(codes) === 5) ? 'awq' : 'gptq';
  }
  // Two codes lie in a byte where there are zero points, or another shape than the kernel's.
  if (whole.length > 1) return 'int4';
  const alike =
    codes.shape.length === shape.length &&
    shape.every((size, axis) => (size ?? codes.shape[axis]) === codes.shape[axis]);
  return alike ? 'int8' : 'int4';
}

/** The mode that a configuration tells: `int8`; null where it tells none. */
function toldMode(config: Config, part: Part | undefined): string | null {
  if (config.has('quantization_mode')) return config.text('quantization_mode');
  let dtype = config.get('dtype');
  const policies = isRecord(dtype) && isRecord(dtype['config']) ? dtype['config']['policy_map'] : undefined;
  if (isRecord(policies)) {
    const scope = typeof part === 'object' ? part.scope : '';
    dtype = Object.entries(policies).find(([path]) => path === scope || path.endsWith(`/${scope}`))?.[1];
  }
  const inner = isRecord(dtype) && isRecord(dtype['config']) ? dtype['config'] : {};
  const name = typeof dtype === 'string' ? dtype : (inner['mode'] ?? inner['name']);
  const found = typeof name === 'string' ? /^(int\d+|float8|gptq|awq)(?![a-z\d])/.exec(name.replace('_', '/')) : null;
  return found?.[1] ?? null;
}

/** The parts of a quantised weight. */
class Parts {
  constructor(
    private readonly call: LayerCall,
    readonly ids: ReadonlyMap<Role, ValueId>,
  ) {}

  has(role: Role): boolean {
    return this.ids.has(role);
  }

  /** With another weight's groups, where the two have them in common. */
  with(other: Parts): Parts {
    const groups = other.ids.get('groups');
    return groups === undefined ? this : new Parts(this.call, new Map([...this.ids, ['groups', groups]]));
  }

  get(role: Role): Matrix {
    const { shape, data } = this.call.data(this.ids.get(role)!);
    return { shape, data: data as Float32Array };
  }
}

interface Matrix {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** @param others how many weights of something else the layer has, at the least */
function partsOf(
  call: LayerCall,
  name: string,
  order: readonly Role[],
  held: readonly StoredWeight[],
  part?: Part,
  others = 0,
): Parts {
  const named = held.some(({ suffix }) => suffix !== null);
  // Zero points and groups are there together or not at all.
  const least = order.filter((role) => role !== 'zero' && role !== 'groups').length;
  const grouped = named ? held.some(({ suffix }) => suffix === 'g_idx') : held.length >= least + others + 2;
  const roles = order.includes('groups')
    ? order.filter((role) => grouped || (role !== 'zero' && role !== 'groups'))
    : order;
  const wanted = roles.map((role, place) => {
    const names = namesOf(role, name);
    const found = named ? held.find(({ suffix }) => names.includes(suffix!)) : held[place];
    if (!found) throw new ConfigFault(`its quantised ${name} has no ${names[0]!}`);
    const whole = role === 'codes' || role === 'zero';
    return { names, shape: found.shape, whole };
  });
  const ids = call.stored(wanted, part);
  return new Parts(call, new Map(roles.map((role, place) => [role, ids[place]!])));
}

/** Two codes of four bits to a byte along an axis, the lower bits first. */
function unpacked({ shape, data }: Matrix, axis: number, size: number, signed: boolean): Matrix {
  const packed = shape[axis] ?? 0;
  if (Math.ceil(size / 2) !== packed) throw new ConfigFault(`${packed} bytes do not hold ${size} codes of four bits`);
  const wide = shape.map((each, at) => (at === axis ? size : each));
  const after = product(shape.slice(axis + 1));
  const codes = new Float32Array(product(wide));
  for (let at = 0; at < codes.length; at++) {
    const [before, place, beside] = [Math.floor(at / (size * after)), Math.floor(at / after) % size, at % after];
    const byte = data[(before * packed + (place >> 1)) * after + beside]! & 255;
    const code = place % 2 ? byte >> 4 : byte & 15;
    codes[at] = signed ? (code ^ 8) - 8 : code;
  }
  return { shape: wide, data: codes };
}

/** The same numbers in another shape of as many. */
function fitting({ shape, data }: Matrix, wanted: readonly number[]): Matrix {
  if (product(shape) !== product(wanted))
    throw new ConfigFault(`codes of shape [${shape.join(', ')}] do not fit a weight of shape [${wanted.join(', ')}]`);
  return { shape: wanted, data };
}

/**
 * Codes multiplied out: code / scale, or, with zero points for groups of rows (axis 0) or columns (1), (code − zero) · scale.
 * @param place which scale belongs to a code, where there are no groups
 */
function scaled({ shape, data }: Matrix, parts: Parts, axis: 0 | 1, place: (at: number) => number): Float32Array {
  const scale = parts.get('scale');
  const of = (at: number): number => {
    const found = scale.data[at];
    if (found === undefined) throw new ConfigFault(`scales of shape [${scale.shape.join(', ')}] do not fit its codes`);
    return found;
  };
  if (!parts.has('groups')) return data.map((code, at) => code / of(place(at)));
  const columns = shape[1]!;
  const [zero, groups] = [parts.get('zero').data, parts.get('groups').data];
  const count = scale.shape[1] ?? 1;
  return data.map((code, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const group = groups[axis === 0 ? row : column]!;
    const own = axis === 0 ? group * columns + column : row * count + group;
    return (code - zero[own]!) * of(own);
  });
}

/** A kernel's size with what the file tells. */
function sizesOf(shape: Shape, stored: readonly number[]): number[] {
  return shape.map((size, axis) => {
    const found = size ?? (stored.length === shape.length ? stored[axis]! : null);
    if (found === null) throw new NotExpressible('packed weights of a size that nothing tells');
    return found;
  });
}

/** int8, and int4: codes as the kernel lies, or as a matrix [what is summed over, the rest] whose columns are packed. */
function byColumn(
  parts: Parts,
  { shape, summed, kept }: KernelAsked,
  mode: 'int8' | 'int4',
): Matrix & { shape: number[] } {
  const stored = parts.get('codes');
  const sizes = sizesOf(shape, mode === 'int8' ? stored.shape : []);
  const rows = product(summed.map((axis) => sizes[axis]!));
  const columns = product(kept.map((axis) => sizes[axis]!));
  if (mode === 'int4' && isMatrix(stored.shape, rows, Math.ceil(columns / 2))) {
    const codes = unpacked(stored, 1, columns, true);
    return { shape: sizes, data: scaled(codes, parts, 0, (at) => at % columns) };
  }
  // Keras up to 3.12 packs the first axis that is summed over.
  const codes = mode === 'int4' ? unpacked(stored, summed[0]!, sizes[summed[0]!]!, true) : stored;
  const strides = sizes.map((_, axis) => product(sizes.slice(axis + 1)));
  const place = (at: number): number =>
    kept.reduce((sum, axis) => sum * sizes[axis]! + (Math.floor(at / strides[axis]!) % sizes[axis]!), 0);
  return { shape: sizes, data: scaled(fitting(codes, sizes), parts, 0, place) };
}

/** gptq, awq: a matrix [columns, rows] with scales by its rows, turned; awq's rows were multiplied by their protection. */
function byRow(parts: Parts, { shape }: KernelAsked, mode: 'gptq' | 'awq'): Matrix & { shape: number[] } {
  const sizes = sizesOf(shape, []);
  const stored = parts.get('codes');
  const rows = stored.shape[1] ?? 0;
  const columns = product(sizes) / rows;
  const whole = isMatrix(stored.shape, columns, rows) && mode === 'gptq';
  const codes = whole ? stored : unpacked(stored, 0, columns, false);
  const turned = scaled(codes, parts, 1, () => 0);
  const protection = parts.has('protection') ? parts.get('protection').data : null;
  const data = new Float32Array(turned.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      data[row * columns + column] = turned[column * rows + row]! / (protection?.[row] ?? 1);
  return { shape: sizes, data };
}

const isMatrix = (shape: readonly number[], rows: number, columns: number): boolean =>
  shape.length === 2 && shape[0] === rows && shape[1] === columns;

/** How the inputs of a quantised layer are rounded; null where they are not. */
function stepsOf(call: LayerCall, part: Part | undefined, mode: 'int8' | 'int4', parts: Parts): Steps | null {
  const { config } = call;
  const given = part === undefined ? config.get('quantization_config') : call.quantization;
  if (isRecord(given) && isRecord(given['config']) && 'activation_quantizer' in given['config'])
    return quantizer(given['config']['activation_quantizer']);
  // In groups of rows, Keras rounds no inputs.
  if (mode === 'int4' && parts.has('groups')) return null;
  // Layers inside attention say nothing of their own; since Keras can leave inputs as they are, others have to tell.
  if (part !== undefined && given === undefined && isSince(call.version, 3, 13))
    throw new NotExpressible(`${mode} weights, of which nothing in the file tells whether inputs are rounded`);
  if (mode === 'int8') return USUAL;
  // Keras up to 3.12, which knows no such setting, rounds the inputs of int4 too.
  const old =
    part === undefined ? !Object.hasOwn(config.raw, 'quantization_config') : parts.get('codes').shape.length > 2;
  return old ? USUAL : null;
}

function quantizer(value: unknown): Steps | null {
  if (value === null) return null;
  const serialised = Config.of(value, 'activation_quantizer');
  const kind = serialised.text('class_name');
  if (kind !== 'AbsMaxQuantizer') throw new NotExpressible(`inputs rounded by ${kind}`);
  const config = serialised.config('config');
  const [least, most] = config.has('value_range') ? config.perAxis('value_range', 2) : [USUAL.least, USUAL.most];
  return { least: least!, most: most!, epsilon: config.number('epsilon', USUAL.epsilon) };
}

/** LoRA's product added to what it adapts, where a file keeps the two apart (.h5 does; archives hold their sum). */
function withLowRank(
  call: LayerCall,
  part: Part | undefined,
  held: readonly StoredWeight[],
  kernel: ValueId,
  name = 'lora_kernel',
): ValueId {
  const found = [`${name}_a`, `${name}_b`].map((each) => held.find(({ suffix }) => suffix === each));
  if (!found.every((each) => each !== undefined)) return kernel;
  const ids = call.stored(
    found.map((each) => ({ names: [each.suffix!], shape: each.shape })),
    part,
  );
  const rank = call.config.whole('lora_rank');
  const factor = call.config.number('lora_alpha', rank) / rank;
  return call.derived(`${scopeOf(part)}adapted`, () => {
    const own = call.data(kernel);
    const [a, b] = ids.map((id) => call.data(id)) as [Matrix, Matrix];
    const columns = product(b.shape.slice(1));
    if (own.data.length !== (a.data.length / rank) * columns)
      throw new ConfigFault(`LoRA's weights do not fit its ${name.replace('lora_', '')}`);
    const data = (own.data as Float32Array).map((value, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += a.data[row * rank + k]! * b.data[k * columns + column]!;
      return value + factor * sum;
    });
    return { shape: own.shape, data };
  });
}

const scopeOf = (part: Part | undefined): string =>
  part === undefined ? '' : `${typeof part === 'object' ? part.scope : part}/`;
