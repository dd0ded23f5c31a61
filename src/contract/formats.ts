/**
 * What files there are to open: models, data, sessions. A format says here once how it is called, by which endings and by
 * which door it comes in; dialogs, drops, uploads, help and remedies read it, and the engine must have a reader for each.
 * Content decides what a file is: endings only filter what is offered.
 */

interface FileFormat {
  /** As the user reads it. */
  readonly name: string;
  /** Small letters, with the dot; the first is how it is called. */
  readonly endings: readonly [string, ...string[]];
}

export interface ModelFormat extends FileFormat {
  /**
   * What is given: the file itself, or the folder of a file that other files belong to. That file may be given too: its
   * folder is read with it.
   */
  readonly door: 'file' | 'folder';
  /** Of folders: the file that tells them. */
  readonly holds?: string;
}

/** In the order in which one of several models in a folder is taken. */
export const MODEL_FORMATS = {
  kerasArchive: { name: 'Keras (.keras)', endings: ['.keras'], door: 'file' },
  kerasHdf5: { name: 'Keras (.h5)', endings: ['.h5', '.hdf5'], door: 'file' },
  layersModel: { name: 'TensorFlow.js LayersModel', endings: ['.json'], door: 'folder', holds: 'model.json' },
  graphModel: { name: 'TensorFlow.js GraphModel', endings: ['.json'], door: 'folder', holds: 'model.json' },
  onnx: { name: 'ONNX', endings: ['.onnx'], door: 'file' },
  frozenGraph: { name: 'TensorFlow frozen graph', endings: ['.pb'], door: 'file' },
  savedModel: { name: 'TensorFlow SavedModel', endings: ['.pb'], door: 'folder', holds: 'saved_model.pb' },
  zipped: { name: 'zipped', endings: ['.zip'], door: 'file' },
} as const satisfies Readonly<Record<string, ModelFormat>>;
export type ModelFormatName = keyof typeof MODEL_FORMATS;
export const MODEL_FORMAT_NAMES = Object.keys(MODEL_FORMATS) as readonly ModelFormatName[];

/** Inputs and baselines. */
export const DATA_FORMATS = {
  npz: { name: 'NumPy arrays by name', endings: ['.npz'] },
  npy: { name: 'NumPy array', endings: ['.npy'] },
  csv: { name: 'Table', endings: ['.csv'] },
  png: { name: 'PNG picture', endings: ['.png'] },
  jpeg: { name: 'JPEG picture', endings: ['.jpeg', '.jpg'] },
} as const satisfies Readonly<Record<string, FileFormat>>;

export const SESSION_FORMAT = { name: 'Mho session', endings: ['.mho'] } as const satisfies FileFormat;

const endingsOf = (formats: Readonly<Record<string, FileFormat>>): readonly string[] => [
  ...new Set(Object.values(formats).flatMap(({ endings }) => endings)),
];

/** Endings of what a dialog, a drop or an upload of each kind takes. */
export const ENDINGS = {
  model: endingsOf(MODEL_FORMATS),
  data: endingsOf(DATA_FORMATS),
  session: SESSION_FORMAT.endings,
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type FileKind = keyof typeof ENDINGS;

/** What a file is, by its name: a model where it says nothing, as folders do. */
export function kindByEnding(name: string): FileKind {
  const lower = name.toLowerCase();
  const ends = (kind: FileKind): boolean => ENDINGS[kind].some((ending) => lower.endsWith(ending));
  return ends('session') ? 'session' : ends('data') ? 'data' : 'model';
}

/** A name with the session's ending, once. */
export const sessionFileName = (title: string): string =>
  kindByEnding(title) === 'session' ? title : `${title}${SESSION_FORMAT.endings[0]}`;
