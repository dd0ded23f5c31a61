/** All the set-up there is: packages, native TensorFlow, build. Each is quick when it is done already. */
import { build } from './build.mjs';
import { dependencies } from './dependencies.mjs';
import { nativeTensorFlow } from './native.mjs';

/**
 * @param options.force try native TensorFlow again even where it failed a short while ago
 * @returns `{ packages, built }`: whether each is there now. Native TensorFlow may be missing all the same: then
 *   WebAssembly computes.
 */
export const setUp = async ({ force = false } = {}) => {
  if (!(await dependencies())) return { packages: false, built: false };
  await nativeTensorFlow({ force });
  return { packages: true, built: await build() };
};
