/** What a model is called where its file does not say, or says what all files say. */

/** Names that exporters and frameworks give when nobody gave one. */
const GENERIC = /^(main_graph|torch[_-]jit.*|tf2onnx.*|graph|model|functional|sequential|saved_model)?(_\d+)?$/i;
const ENDING = /\.(keras|h5|hdf5|onnx|pb|json|zip)$/i;

/** A model's file as a name: without its ending, by its folder where all files are called so. */
export function fileTitle(path: string): string {
  const [file = '', folder] = path.split(/[\\/]/).filter(Boolean).reverse();
  const name = file.replace(ENDING, '');
  return folder !== undefined && ['model', 'saved_model'].includes(name) ? folder : name;
}

/** @param own what the file says it is called */
export const modelName = (own: string, path: string): string => (GENERIC.test(own) && fileTitle(path)) || own;
