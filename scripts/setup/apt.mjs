/** Debian and Ubuntu packages, where set-up may install them: as root, for example in a container. */
import { complaint, find, run } from './process.mjs';
import { say } from './say.mjs';

export const mayInstall = () => process.getuid?.() === 0 && find('apt-get') !== null;

/** Installs packages; true when that worked. Says nothing and does nothing where it may not. */
export const aptInstall = async (packages, size) => {
  if (!mayInstall()) return false;
  say(`${packages.join(', ')}: installing with apt (${size})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  let result = await install();
  if (!result.ok) {
    // The lists of packages may be missing (containers) or old.
    await run('apt-get', ['update', '-q'], { env });
    result = await install();
  }
  if (!result.ok) say(`apt could not install ${packages.join(', ')}: ${complaint(result)}`);
  return result.ok;
};
