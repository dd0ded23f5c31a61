/** Two branches of which the input says which is taken: both are there, and one of what they give is chosen, example by example. */
import { isArray, NotExpressible, range, scalar } from './array';
import type { Assembly, Tensor, Varying } from './assembly';

/**
 * Where one of the branches cannot be computed by anybody at the shapes that it is given, the other is what is taken, and what would take
 * it all the same is no number.
 * @param condition of one element
 * @throws NotExpressible where the branches' shapes differ
 */
export function chosenBetween(
  to: Assembly,
  condition: Varying,
  yes: readonly Tensor[],
  no: readonly Tensor[],
): readonly Tensor[] {
  const decides = to.squeeze(condition, null) as Varying;
  if (to.rank(decides) > (to.batchAxis(decides) < 0 ? 0 : 1))
    throw new NotExpressible('a condition of several elements');
  return yes.map((a, i) => {
    const b = no[i];
    if (!b) throw new NotExpressible('branches of different outputs');
    const [one, other] = [impossible(a) ? b : a, impossible(b) ? a : b].map((x) => to.shape(x)) as [number[], number[]];
    if (one.join() !== other.join())
      throw new NotExpressible('branches of different shapes, between which the input decides');
    const batch = [a, b].map((x) => (isArray(x) ? -1 : to.batchAxis(x))).find((axis) => axis >= 0) ?? 0;
    const places = range(one.length).filter((axis) => to.rank(decides) === 0 || axis !== batch);
    const [first, second] = [a, b].map((x) => (impossible(x) ? scalar(NaN) : x)) as [Tensor, Tensor];
    return to.select(to.unsqueeze(decides, places) as Varying, first, second);
  });
}

const impossible = (x: Tensor): boolean => !isArray(x) && x.impossible === true;
