/** Milliseconds of processor time that some work takes: of the clock's, a machine that is shared gives it only a part. */
export async function processorMs(work: () => unknown): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
