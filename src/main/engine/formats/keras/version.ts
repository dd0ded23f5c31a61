/** Which Keras wrote a file: what some layers do has changed from one to the next. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

export const isSince = (version: Version, major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor);

/**
 * Files of Keras 2 name `batch_input_shape`; those without a version are told by that, and taken as of the last one.
 * @param version e.g. `2.15.0`
 */
export function versionOf(version: string | null, config: unknown): Version {
  const [major, minor] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10));
  if (major !== undefined && major >= 1 && major < 100) return { major, minor: Number.isNaN(minor) ? 0 : (minor ?? 0) };
  return { major: JSON.stringify(config).includes('"batch_shape"') ? 3 : 2, minor: Infinity };
}
