/**
 * Whether native code may be loaded: only its user, or root, can have written it, and it is what set-up made. Sums are kept
 * outside the cache, in the user's own place, so that whoever can write to the cache cannot make them fit. Set-up and the
 * program share this file.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const STICKY = 0o1000;

/** Why a file or folder could have been written by somebody else, going by its owner and mode; null when it could not. */
const foreign = (path) => {
  const info = lstatSync(path);
  const uid = process.getuid();
  if (info.uid !== 0 && info.uid !== uid) return `${path} belongs to another user`;
  if (info.isSymbolicLink() || (info.mode & 0o022) === 0) return null;
  // Nobody can replace in a sticky folder what is not his.
  if (info.isDirectory() && info.mode & STICKY) return null;
  // Many systems give each user a group of his own, of the same number, and let it write.
  if ((info.mode & 0o002) === 0 && uid !== 0 && info.gid === uid) return null;
  return `others can write to ${path}`;
};

/**
 * Why somebody else could change what a path stands for: he can write to it or to a folder on the way to it. Of a path that
 * does not exist yet, to the folders that do. Null when nobody can.
 */
export const writableByOthers = (path) => {
  if (process.platform === 'win32') return null;
  let nearest = resolve(path);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  for (const start of new Set([nearest, realpathSync(nearest)])) {
    for (let at = start; ; at = dirname(at)) {
      const why = foreign(at);
      if (why) return why;
      if (at === dirname(at)) break;
    }
  }
  return null;
};

/** Names in an entry of what the system loads of it: libraries and bindings. Links stand for what they lead to. */
const loaded = (folder, inside = '') =>
  readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((each) => {
    const name = join(inside, each.name);
    if (each.isDirectory()) return loaded(folder, name);
    if (!/\.node$|\.so(\.|$)/.test(name)) return [];
    return statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ? [name] : [];
  });

/** Changes whenever the file does: nobody can set a file's time of change. */
const stamp = (path) => {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
};

const sum = (path) => {
  const hash = createHash('sha256');
  const part = Buffer.allocUnsafe(2 ** 22);
  const file = openSync(path, 'r');
  try {
    for (let read; (read = readSync(file, part)) > 0;) hash.update(part.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
};

/** Where sums are kept: the user's own place; where that cannot be written, the clone. */
const places = (clone) => [
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'mho', 'native-sums.json'),
  join(clone, 'node_modules/.mho/native-sums.json'),
];

const read = (path) => {
  try {
    return writableByOthers(path) ? {} : JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
};

/** Notes of an entry: `{ file: { sum, stamp } }`, or null when there are none. */
const notes = (folder, clone) => places(clone).map((place) => read(place)[folder]).find(Boolean) ?? null; // prettier-ignore

const note = (folder, clone, files) => {
  for (const place of places(clone)) {
    try {
      if (writableByOthers(place)) continue;
      mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
      const others = Object.entries(read(place)).filter(([each]) => each !== folder && existsSync(each));
      const text = JSON.stringify(Object.fromEntries([...others, [folder, files]]), null, 1);
      writeFileSync(`${place}.${process.pid}`, text, { mode: 0o600 });
      renameSync(`${place}.${process.pid}`, place);
      return;
    } catch {
      // the next place
    }
  }
};

/** Writes down what is in an entry, as set-up made or first found it. Several seconds for TensorFlow's 800 MB. */
export const remember = (folder, clone) => {
  const sums = new Map(); // of a library and the links to it, once
  const noted = loaded(folder).map((name) => {
    const path = join(folder, name);
    const now = stamp(path);
    if (!sums.has(now)) sums.set(now, sum(path));
    return [name, { sum: sums.get(now), stamp: now }];
  });
  note(folder, clone, Object.fromEntries(noted));
};

export const remembers = (folder, clone) => notes(folder, clone) !== null;

/**
 * Why nothing of an entry may be loaded; null when it may. Sums are taken anew only of files that changed in any way, so
 * that a start costs a look at each.
 */
export const whyNotTrusted = (folder, clone) => {
  const names = loaded(folder);
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    const why = writableByOthers(path);
    if (why) return why;
  }
  const known = notes(folder, clone);
  if (!known) return null; // set up before sums were kept: set-up writes them down
  const missing = Object.keys(known).find((name) => !names.includes(name));
  if (missing) return `${join(folder, missing)} is missing`;
  let moved = false;
  for (const name of names) {
    const path = join(folder, name);
    const now = stamp(path);
    if (known[name]?.stamp === now) continue;
    if (known[name]?.sum !== sum(path)) return `${path} is not what set-up made`;
    known[name] = { ...known[name], stamp: now };
    moved = true;
  }
  if (moved) note(folder, clone, known);
  return null;
};
