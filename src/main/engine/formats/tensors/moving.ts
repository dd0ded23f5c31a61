/** Ways of padding, by the names that the graph's op has for them. */
import type { OpAttributes } from '../../graph/ops';
import { NotExpressible } from './array';

const MODES: readonly OpAttributes['pad']['mode'][] = ['constant', 'reflect', 'symmetric', 'edge', 'wrap'];

/** By the name that a file gives it. @throws NotExpressible */
export function paddingMode(name: string): OpAttributes['pad']['mode'] {
  const mode = MODES.find((each) => each === name.toLowerCase());
  if (!mode) throw new NotExpressible(`padding by ${name}`);
  return mode;
}
