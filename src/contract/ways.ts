/**
 * Ways out of a refusal, as structure: what can be done about it, so that a window can offer it and a test can follow it. The words are in
 * words/ways.ts.
 */
export type Way =
  /** Lines to run in Python, where the framework that wrote the file is installed. */
  | {
      readonly kind: 'python';
      readonly code: string;
      /** Names in the code that only the user can fill: the sentence says what each stands for. */
      readonly where: readonly PythonName[];
      /** Whether the code runs what the file holds. */
      readonly trusting: boolean;
    }
  /** A line to type into a shell. */
  | { readonly kind: 'command'; readonly command: string }
  /** Another file or folder is what has to be given. */
  | { readonly kind: 'give'; readonly path: string }
  /** It is what a model is given, not a model. */
  | { readonly kind: 'input'; readonly path: string }
  /** A session, which is opened as one. */
  | { readonly kind: 'session'; readonly path: string }
  /** No way leads back from this file: the model has to be exported from where it was made. */
  | { readonly kind: 'origin'; readonly framework: OriginName }
  /** The file is not whole, or not the one that was meant: it has to be fetched again. */
  | { readonly kind: 'fetch' }
  /** A target before what has no rule. */
  | { readonly kind: 'target'; readonly layers: readonly string[] }
  /** The free sizes of these inputs have to be bound. */
  | { readonly kind: 'size'; readonly inputs: readonly string[] }
  /** The model has to be written again, as one of ops alone, by the program that made it. */
  | { readonly kind: 'export' }
  /** A layer reads texts: a model has to be made that begins behind it. */
  | { readonly kind: 'texts'; readonly layer: string }
  /** A layer does what no path and no rule can follow: a model has to be made that begins behind it. */
  | { readonly kind: 'behind'; readonly layer: string }
  /** Nothing here helps: the file should be reported. */
  | { readonly kind: 'report' };

/** What stands for something of the user's own in lines of Python. */
export type PythonName = 'Class' | 'example' | 'Network' | 'build' | 'shape' | 'tensors' | 'weights';

/** Where a model comes from that has to be exported again; `any` where the file does not tell. */
export type OriginName =
  | 'any'
  | 'caffe'
  | 'darknet'
  | 'huggingface'
  | 'java'
  | 'jax'
  | 'matlab'
  | 'model'
  | 'onnx'
  | 'pickle'
  | 'r'
  | 'source'
  | 'trees';
