import { fault, fieldName, type Path } from './fault.ts';
import { readDotenv } from './dotenv.ts';
import type { InsideRead } from '../controller/door/kinds.ts';
import { maxBytes } from './parse.ts';
import { inWords, partsBelow } from './paths.ts';
import { inFolder, type MountPlace } from './resolve-mounts.ts';
import type { Report } from './resolve-scalars.ts';
import { quoted, safeText } from './safe-text.ts';

/** The variables of all files, later files over earlier ones. */
export const envFilesOf = async (
  given: string | readonly string[],
  {
    path,
    report,
    place,
  }: { readonly path: Path; readonly report: Report; readonly place: MountPlace },
): Promise<ReadonlyMap<string, string>> => {
  const values = new Map<string, string>();
  const list = typeof given === 'string' ? [given] : given;
  for (const [index, name] of list.entries()) {
    const at = typeof given === 'string' ? path : [...path, index];
    const read = await readEnvFile(name, { path: at, report, place, optional: false });
    for (const [key, value] of read) values.set(key, value);
  }
  return values;
};

/** The file `.env` beside the spec, for `${…}`; empty where there is none. */
export const variablesOf = (
  place: MountPlace,
  report: Report,
): Promise<ReadonlyMap<string, string>> =>
  readEnvFile('.env', { path: [], report, place, optional: true });

const readEnvFile = async (
  name: string,
  {
    path,
    report,
    place,
    optional,
  }: {
    readonly path: Path;
    readonly report: Report;
    readonly place: MountPlace;
    readonly optional: boolean;
  },
): Promise<ReadonlyMap<string, string>> => {
  const none = new Map<string, string>();
  const refuse = (message: string, temporary: boolean): ReadonlyMap<string, string> => {
    const where = path.length === 0 ? '' : `${fieldName(path)}: `;
    const one = fault('E_ENV_FILE', path, { message: `${where}${quoted(name)} ${message}` });
    report(temporary ? { ...one, temporary: true } : one);
    return none;
  };
  const read = await readIn(place, name);
  if (read.kind === 'absent' && optional) return none;
  if (read.kind !== 'bytes') {
    return refuse(trouble(read), read.kind === 'unreadable' || read.kind === 'moved');
  }
  const { values, faults } = readDotenv(read.bytes);
  for (const one of faults) {
    const elsewhere = { file: safeText(name, 200), line: one.line, column: one.column };
    const hint = 'lines are KEY=VALUE, comments (#…) or empty';
    report({ ...fault('E_ENV_SYNTAX', path, { message: one.message, hint }), elsewhere });
  }
  return values;
};

const readIn = (place: MountPlace, name: string): Promise<EnvFileRead> =>
  inFolder<EnvFileRead>(place, async (held) => {
    const wanted = partsBelow(held, name, place);
    if (wanted.kind === 'outside') return wanted;
    const { judge } = place;
    const how = { maxBytes, links: true, ...(judge === undefined ? {} : { judge }) };
    const read = await held.read(wanted.parts, how);
    return read.kind === 'outside' ? inWords(read) : read;
  });

type EnvFileRead = InsideRead | { readonly kind: 'unreadable'; readonly message: string };

const trouble = (read: Exclude<EnvFileRead, { kind: 'bytes' }>): string => {
  switch (read.kind) {
    case 'outside':
      return read.message;
    case 'untrusted':
      return `is not taken: ${read.message}`;
    case 'absent':
      return 'does not exist';
    case 'unreadable':
      return `cannot be read (${read.message})`;
    case 'moved':
      return 'changed while it was read';
    case 'too-large':
      return `is larger than ${maxBytes / 1024} KiB`;
    case 'not-a-file':
      return 'is not an ordinary file';
    default:
      return read satisfies never;
  }
};
