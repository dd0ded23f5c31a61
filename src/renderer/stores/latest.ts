/** Newest answer wins: of several questions of one kind under way, only the last one's answer is taken. */
export class Latest {
  #newest = 0;

  /**
   * @param take is given the answer, unless something newer was asked or all was dropped meanwhile
   * @param failed the same for what the question failed with; without it a failure is passed over
   * @returns when the answer is there, whether or not it was taken
   * @throws what `take` throws
   */
  async ask<Value>(
    asked: Promise<Value>,
    take: (value: Value) => void,
    failed?: (error: unknown) => void,
  ): Promise<void> {
    const mine = ++this.#newest;
    let value: Value;
    try {
      value = await asked;
    } catch (error) {
      if (mine === this.#newest) failed?.(error);
      return;
    }
    if (mine === this.#newest) take(value);
  }

  /** Nothing that is under way is taken any more. */
  drop(): void {
    this.#newest++;
  }
}
