import { beyond } from '../logic/completeness';

/** How large a residual may be, relative to F(x) − F(x'), before it is marked. */
class Tolerance {
  relative = $state(0.01);

  /** Whether a cut's residual is larger than allowed; without a difference to compare with, nothing is. */
  exceeded(residual: number, delta: number, uncertainty: number): boolean {
    return beyond(residual, delta, this.relative, uncertainty);
  }
}

export const tolerance = new Tolerance();
