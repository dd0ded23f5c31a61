/** An action in a menu. */
export interface MenuItem {
  /** Stands above it, at the beginning of a group. */
  readonly heading?: string | undefined;
  readonly label: string;
  readonly detail?: string | undefined;
  /** Why it cannot be done now; it is shown all the same. */
  readonly refused?: string | null | undefined;
  run(): unknown;
}
