/** All the set-up there is: packages, native TensorFlow, build. Each is quick when it is done already. */
import { build } from './build.mjs';
import { dependencies } from './dependencies.mjs';
import { nativeTensorFlow } from './native.mjs';
import { say } from './say.mjs';

/**
 * @param options.force try native TensorFlow again even where it failed a short while ago
 * @returns whether the program can run; native TensorFlow may be missing all the same
 */
export const setUp = async ({ force = false } = {}) => {
  if (!(await dependencies())) return false;
  try {
    await nativeTensorFlow({ force });
  } catch (error) {
    say(`native TensorFlow could not be set up: ${error.message}. WebAssembly is used instead.`);
  }
  return build();
};
