/** The user's Python: its TensorFlow if it has one, its pip, and its unzip. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { find, run, complaint } from './process.mjs';
import { aptInstall } from './apt.mjs';

/** The Python on PATH, or null. */
export const python = () => find('python3') ?? find('python');

/**
 * Said to every Python: neither the current folder nor the environment gives it modules, so that a `json.py` that lies
 * about is not run.
 */
export const ISOLATED = '-I';

/**
 * TensorFlow as the user's Python sees it, found without importing it.
 * @returns `{ version, folder }` or null
 */
export const pythonTensorFlow = async () => {
  const interpreter = python();
  if (!interpreter) return null;
  const script = [
    'import importlib.util as u, importlib.metadata as m, json, site, sys',
    'sys.path.append(site.getusersitepackages())', // which isolation leaves out, and only its user can write to
    's = u.find_spec("tensorflow")',
    'v = next((d.version for n in ("tensorflow", "tensorflow-cpu", "tensorflow-intel") for d in m.distributions(name=n)), None) if s else None',
    'print(json.dumps({"version": v, "folder": list(s.submodule_search_locations)[0]}) if s and v else "null")',
  ].join('\n');
  const { ok, out } = await run(interpreter, [ISOLATED, '-c', script]);
  try {
    return ok ? JSON.parse(out) : null;
  } catch {
    return null;
  }
};

/** The command that is pip here, as a list of words; installs it with apt where that is possible. Null when there is none. */
export const pip = async () => {
  const found = async () => {
    const interpreter = python();
    if (interpreter && (await run(interpreter, [ISOLATED, '-m', 'pip', '--version'])).ok)
      return [interpreter, ISOLATED, '-m', 'pip'];
    return null;
  };
  return (await found()) ?? ((await aptInstall(['python3', 'python3-pip'], 'about 60 MB')) ? await found() : null);
};

const wheelPlatform = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * Downloads wheels into a folder. The Python version asked for is fixed, whatever the user's own: only the C library
 * inside is used, so everybody gets the same, tried file.
 * @param requirements lines of a requirements file
 * @param options.pinned whether they name the sums of the only files that will do
 * @returns null, or why it failed
 */
export const downloadWheels = async (command, requirements, folder, { pinned = false } = {}) => {
  const list = join(mkdtempSync(join(tmpdir(), 'mho-wheels-')), 'requirements.txt');
  writeFileSync(list, `${requirements.join('\n')}\n`);
  const terminal = Boolean(process.stderr.isTTY);
  const glibc = [17, 27, 28].map((minor) => ['--platform', `manylinux_2_${minor}_${wheelPlatform[process.arch]}`]);
  const legacy = ['--platform', `manylinux2014_${wheelPlatform[process.arch]}`];
  const result = await run(
    command[0],
    [
      ...command.slice(1),
      'download',
      '--no-deps',
      '--no-cache-dir', // what is kept is the unpacked library, in our own cache
      '--disable-pip-version-check',
      '--no-input',
      '--retries=2',
      '--timeout=20',
      '--only-binary=:all:',
      '--implementation=cp',
      '--python-version=3.11',
      '--abi=cp311',
      '--abi=abi3',
      '--abi=none',
      ...glibc.flat(),
      ...legacy,
      `--progress-bar=${terminal ? 'on' : 'off'}`,
      ...(terminal ? [] : ['--quiet']),
      `--dest=${folder}`,
      ...(pinned ? ['--require-hashes'] : []),
      `--requirement=${list}`,
    ],
    { stdio: ['ignore', terminal ? process.stderr : 'pipe', 'pipe'] },
  );
  rmSync(dirname(list), { recursive: true, force: true });
  return result.ok ? null : complaint(result);
};

/** Unpacks the entries of a wheel that begin with one of the prefixes. Returns null, or why it failed. */
export const unpackWheel = async (wheel, prefixes, folder) => {
  const script = [
    'import sys, zipfile',
    'z = zipfile.ZipFile(sys.argv[1])',
    'z.extractall(sys.argv[2], [n for n in z.namelist() if n.startswith(tuple(sys.argv[3:]))])',
  ].join('\n');
  const result = await run(python(), [ISOLATED, '-c', script, wheel, folder, ...prefixes]);
  return result.ok ? null : complaint(result);
};

/** The requirements a wheel lists under an extra, e.g. `nvidia-cublas-cu12<13.0,>=12.5.3.2`. */
export const extraRequirements = async (wheel, extra) => {
  const script = [
    'import sys, zipfile, email',
    'z = zipfile.ZipFile(sys.argv[1])',
    'n = next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))',
    'for r in email.message_from_bytes(z.read(n)).get_all("Requires-Dist"): print(r)',
  ].join('\n');
  const { out } = await run(python(), [ISOLATED, '-c', script, wheel]);
  return out
    .split('\n')
    .map((line) => line.split(';').map((part) => part.trim()))
    .filter(([, marker]) => marker?.includes(`extra == "${extra}"`) || marker?.includes(`extra == '${extra}'`))
    .map(([requirement]) => requirement.replace(/[()\s]/g, ''));
};
