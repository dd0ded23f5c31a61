/** The memory that a run may take for activations, multipliers and temporaries. */
export interface MemoryBudget {
  readonly megabytes: number;
  /** What was free on the machine when the run began, of which the budget is a share; null where the budget was given. */
  readonly free: number | null;
}
