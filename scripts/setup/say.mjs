/** What set-up tells the user: on standard error, so that a command's own output stays clean. */
let begun = false;

/** One step that takes time or fetches something. The first one is headed by a line that says what is going on. */
export const say = (text) => {
  if (!begun) {
    process.stderr.write('Mho sets itself up; later starts skip this.\n');
    begun = true;
  }
  process.stderr.write(`  ${text}\n`);
};

export const megabytes = (bytes) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
