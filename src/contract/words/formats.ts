/** What can be opened, in words: for help, remedies and places that wait for a file. */
import { DATA_FORMATS, MODEL_FORMATS, type ModelFormat, SESSION_FORMAT } from '../formats';

/** `a, b or c` */
export const either = (words: readonly string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}` : (words[0] ?? '');

const models: readonly ModelFormat[] = Object.values(MODEL_FORMATS);
const firstEndings = [...new Set(models.filter(({ door }) => door === 'file').map(({ endings }) => endings[0]))];
const told = [...new Set(models.flatMap(({ holds }) => holds ?? []))];

/** `a .keras, .h5 or .onnx file, or a folder that holds a model` */
export const MODEL_ARGUMENT = `a ${either(firstEndings)} file, or a folder that holds a model`;

/** `a .keras, .h5 or .onnx file, a folder with model.json or saved_model.pb, or a folder that holds one of these` */
export const MODELS_GIVEN = `a ${either(firstEndings)} file, a folder with ${either(told)}, or a folder that holds one of these`;

/** `.npz, .npy, .csv, .png or .jpeg` */
export const DATA_ENDINGS = either(Object.values(DATA_FORMATS).map(({ endings }) => endings[0]));

/** `FILE.mho` */
export const SESSION_ARGUMENT = `FILE${SESSION_FORMAT.endings[0]}`;
