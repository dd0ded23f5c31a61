/** How large a residual may be, relative to F(x) − F(x'), before it is marked. */
class Tolerance {
  relative = $state(0.01);

  /** Whether a cut's residual is larger than allowed; without a difference to compare with, nothing is. */
  exceeded(residual: number, delta: number): boolean {
    return Math.abs(delta) > 1e-9 && Math.abs(residual) > this.relative * Math.abs(delta);
  }
}

export const tolerance = new Tolerance();
