/** What a step came to when it failed: why, and what the user can do. `mho backends` shows both. */
export const failure = (step, reason, remedy) => ({ step, reason, remedy });

/** How a remedy ends. */
export const again = 'then run `npm run setup`';
