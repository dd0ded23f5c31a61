/**
 * Work on tensors that native TensorFlow runs as one graph. Called op by op, each kernel costs some 20 µs of JavaScript,
 * binding and eager runtime, allocates its output anew, and the other cores wait from one to the next: on small networks
 * that is most of the time, on large ones a sixth. So what is done again and again with tensors of the same shapes is
 * recorded as it runs, written as a graph, and from then on run by one call.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphFile, type Constant } from './graphFile';
import { inOneTrip, OURS, type Step } from './kernels/pairs';
import { nativeBackend, type NativeBackend, type NativeBinding } from './native';
import { withSessionConfig, type Cores } from './sessionConfig';

/** What a piece of work gave: tensors, and anything that is the same in every run. */
export interface Done<About> {
  readonly tensors: readonly Tensor[];
  readonly about: About;
}

/** Attributes that eager calls may leave to be inferred and graphs may not: the type of the output. */
const INFERRED: Readonly<Record<string, string>> = { ExpandDims: 'T', ClipByValue: 'T' };

/** Bytes of numbers at the most that a graph may hold; they are there a second time. */
const MOST_CONSTANTS = 16e6;

const TAG = 'mho';

/** A recorded piece of work, held by TensorFlow until it is disposed of. */
export class Recording {
  private constructor(
    private readonly binding: NativeBinding,
    private readonly session: number,
    /** Tensors that the work found there. */
    private readonly held: readonly number[],
    private readonly feeds: string,
    private readonly fetches: string,
    /** How many outputs each lane has. */
    private readonly counts: readonly number[],
  ) {}

  /**
   * Does a piece of work, lane by lane, op by op, and records them as one graph.
   * @param inputs what differs from run to run
   * @param held gives what else the work reads once it is done: tensors that outlive the recording and never change
   * @param works a lane's work each, which gives tensors that depend on tensors alone, never on numbers read from them nor on another lane
   * @returns what the lanes gave; the recording is null where something in it cannot stand in a graph
   */
  static make<About>(
    inputs: readonly Tensor[],
    held: () => readonly Tensor[],
    works: readonly (() => Done<About>)[],
    cores: Cores,
  ): { readonly done: readonly Done<About>[]; readonly recording: Recording | null } {
    const backend = nativeBackend();
    const { binding } = backend;
    backend.getInputTensorIds([...inputs, ...held()]); // uploads what is not there yet
    const recorder = new Recorder(binding);
    backend.binding = recorder.listening();
    let done: readonly Done<About>[];
    try {
      done = works.map((work, at) => {
        recorder.lane = at;
        return work();
      });
    } finally {
      backend.binding = binding;
    }
    return {
      done,
      recording: Recording.#of(
        backend,
        recorder,
        inputs,
        held(),
        done.map(({ tensors }) => tensors),
        cores,
      ),
    };
  }

  static #of(
    backend: NativeBackend,
    recorder: Recorder,
    inputs: readonly Tensor[],
    held: readonly Tensor[],
    outputs: readonly (readonly Tensor[])[],
    cores: Cores,
  ): Recording | null {
    const graph = recorder.graph(
      placesOf(backend, inputs),
      placesOf(backend, held),
      outputs.map((each) => placesOf(backend, each)),
      cores,
    );
    if (!graph) return null;
    const folder = mkdtempSync(join(tmpdir(), 'mho-graph-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), graph.file.bytes(TAG));
      const session = withSessionConfig(cores, () => backend.binding.loadSavedModel(folder, TAG));
      const [feeds, fetches] = [graph.feeds, graph.fetches].map((names) => names.map((name) => `${name}:0`).join(','));
      const counts = outputs.map(({ length }) => length);
      return new Recording(backend.binding, session, graph.held, feeds!, fetches!, counts);
    } catch {
      return null; // Slower without, never broken.
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Runs the graph. @param inputs of the shapes it was recorded with @returns what each lane gives */
  run(inputs: readonly Tensor[]): Tensor[][] {
    const backend = nativeBackend();
    const fed = [...backend.getInputTensorIds(inputs), ...this.held];
    const made = this.binding.runSavedModel(this.session, fed, this.feeds, this.fetches);
    let at = 0;
    return this.counts.map((count) => made.slice(at, (at += count)).map((each) => backend.createOutputTensor(each)));
  }

  dispose(): void {
    this.binding.deleteSavedModel(this.session);
  }
}

/** A tensor's number in the binding, and its type there. */
interface Place {
  readonly id: number;
  readonly dtype: number;
}

const placesOf = (backend: NativeBackend, tensors: readonly Tensor[]): Place[] =>
  backend.getInputTensorIds(tensors).map((id, at) => ({ id, dtype: backend.getDTypeInteger(tensors[at]!.dtype) }));

interface Noted {
  readonly file: GraphFile;
  readonly held: readonly number[];
  readonly feeds: readonly string[];
  readonly fetches: readonly string[];
}

/** Notes which ops the kernels call. */
class Recorder {
  /** The lane that calls them. */
  lane = 0;
  readonly #steps: Step[] = [];
  readonly #constants = new Map<number, Constant>();
  readonly #read: number[] = [];

  constructor(private readonly binding: NativeBinding) {}

  /** The binding, listened to. */
  listening(): NativeBinding {
    const { binding } = this;
    const heard: Pick<NativeBinding, 'executeOp' | 'createTensor' | 'tensorDataSync'> = {
      executeOp: (op, attributes, inputs, count) => {
        const outputs = binding.executeOp(op, attributes, inputs, count);
        this.#steps.push({ lane: this.lane, op, attributes, inputs: [...inputs], outputs });
        return outputs;
      },
      createTensor: (shape, dtype, values) => {
        const id = binding.createTensor(shape, dtype, values);
        this.#constants.set(id, { shape, dtype, values });
        return id;
      },
      tensorDataSync: (id) => {
        this.#read.push(id);
        return binding.tensorDataSync(id);
      },
    };
    // The binding's own properties cannot be assigned.
    const described = Object.entries(heard).map(([name, value]) => [name, { value }] as const);
    return Object.create(binding, Object.fromEntries(described)) as NativeBinding;
  }

  /**
   * What was noted, as a graph.
   * @returns the file, which tensors it holds, and the names of what it is fed (inputs, held tensors) and gives, lane by lane;
   * null where something cannot be written
   */
  graph(
    inputs: readonly Place[],
    holdable: readonly Place[],
    outputs: readonly (readonly Place[])[],
    cores: Cores,
  ): Noted | null {
    const file = new GraphFile(this.binding);
    const names = new Map<number, string>();
    const typeOf = new Map(holdable.map(({ id, dtype }) => [id, dtype]));
    const held: number[] = [];
    if ([...this.#constants.values()].reduce((sum, { values }) => sum + values.byteLength, 0) > MOST_CONSTANTS)
      return null;
    // What follows a reading may depend on the numbers.
    if (this.#read.some((id) => !this.#constants.has(id) && !typeOf.has(id))) return null;
    inputs.forEach(({ id, dtype }, at) => {
      file.placeholder(`input${at}`, dtype);
      names.set(id, `input${at}`);
    });
    const nameOf = (id: number): string | null => {
      const known = names.get(id);
      if (known !== undefined) return known;
      const constant = this.#constants.get(id);
      const dtype = typeOf.get(id);
      let name: string;
      if (constant) {
        name = `constant${id}`;
        file.constant(name, constant);
      } else if (dtype !== undefined) {
        name = `held${held.length}`;
        held.push(id);
        file.placeholder(name, dtype);
      } else return null;
      names.set(id, name);
      return name;
    };
    // A lane's steps run one after the other, as they were recorded: nothing is made, and held, before it is needed, and a
    // lane stays on its core.
    const before: string[] = [];
    for (const [at, { lane, op, attributes, inputs: read, outputs: made }] of inOneTrip(this.#steps).entries()) {
      const from = read.map(nameOf);
      if (from.includes(null)) return null;
      const inferred = INFERRED[op];
      const all = [...attributes];
      if (inferred) all.push({ name: inferred, type: this.binding.TF_ATTR_TYPE, value: made[0]!.dtype });
      if (op.startsWith(OURS)) all.push({ name: 'parallel', type: this.binding.TF_ATTR_BOOL, value: cores === 'all' });
      const after = before[lane] === undefined ? [] : [`^${before[lane]}`];
      if (!file.node(`step${at}`, op, [...(from as string[]), ...after], all)) return null;
      before[lane] = `step${at}`;
      for (const [place, { id }] of made.entries())
        // What was made to be kept is there from now on: made in one lane, it is no other lane's to wait for.
        if (!typeOf.has(id)) names.set(id, place === 0 ? `step${at}` : `step${at}:${place}`);
    }
    const fetches: string[] = [];
    for (const [lane, each] of outputs.entries())
      for (const [at, { id, dtype }] of each.entries()) {
        const from = nameOf(id);
        const type = { name: 'T', type: this.binding.TF_ATTR_TYPE, value: dtype };
        // By their names outputs that are made on cores of their own are told apart; see session.cc.
        const name = cores === 'each' ? `lane${lane}/output${at}` : `output${lane}/${at}`;
        if (from === null || !file.node(name, 'Identity', [from], [type])) return null;
        fetches.push(name);
      }
    const feeds = [...inputs.map((_, at) => `input${at}`), ...held.map((_, at) => `held${at}`)];
    return { file, held, feeds, fetches };
  }
}

/** Recordings made more of than this are forgotten, the longest unused first. */
const MOST_RECORDINGS = 12;

/**
 * The recordings of work that is done over and over, by key. Work is done op by op at its first meeting, recorded at its
 * second, run as a graph from the third on: making a graph takes some 50 ms.
 */
export class Recordings {
  /** What is known of a key; false: met once; null: cannot be recorded. */
  readonly #met = new Map<
    string,
    false | null | { readonly recording: Recording; readonly about: readonly unknown[] }
  >();

  /** @param held gives the tensors besides its inputs that work may read: they outlive this and never change */
  constructor(private readonly held: () => readonly Tensor[]) {}

  /**
   * @param key all that the work depends on besides the values of `inputs`
   * @param inputs what the work reads; their shapes belong to the key
   * @param works of the lanes, none of which needs another's results
   * @returns what each lane gave
   */
  run<About>(
    key: string,
    inputs: readonly Tensor[],
    works: readonly (() => Done<About>)[],
    cores: Cores,
  ): readonly Done<About>[] {
    const whole = `${key} ${inputs.map(({ shape }) => shape.join('x')).join(' ')}`;
    const met = this.#met.get(whole);
    this.#met.delete(whole); // and set again: the last one used stands last
    if (met) {
      this.#met.set(whole, met);
      try {
        const made = met.recording.run(inputs);
        return made.map((tensors, lane) => ({ tensors, about: met.about[lane] as About }));
      } catch {
        // Slower without, never broken: what the graph cannot do is done, or fails, op by op.
        this.#forget(whole);
        this.#met.set(whole, null);
        return works.map((work) => work());
      }
    }
    if (met === undefined || met === null) {
      this.#met.set(whole, met === undefined ? false : null);
      return works.map((work) => work());
    }
    const { done, recording } = Recording.make(inputs, this.held, works, cores);
    this.#met.set(whole, recording && { recording, about: done.map(({ about }) => about) });
    const made = [...this.#met].filter(([, each]) => each);
    if (made.length > MOST_RECORDINGS) this.#forget(made[0]![0]);
    return done;
  }

  /** How many pieces of work run as graphs. */
  get size(): number {
    return [...this.#met.values()].filter((each) => each).length;
  }

  #forget(key: string): void {
    const met = this.#met.get(key);
    if (met) met.recording.dispose();
    this.#met.delete(key);
  }

  dispose(): void {
    for (const key of [...this.#met.keys()]) this.#forget(key);
  }
}
