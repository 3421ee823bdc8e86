import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readHostConfig } from '../../specs/config/index.ts';
import { ApiError } from '../model/api.ts';
import { patternFault } from '../model/folder-pattern.ts';
import type { SetupAnswers, SetupFacts, WatchedRoot } from '../setup/actions.ts';
import type { Machine } from '../setup/machine.ts';
import type { SetupPlaces } from '../setup/places.ts';
import type { Context } from './context.ts';
import type { CliIo } from './io.ts';
import type { Prompt } from './prompt.ts';

export interface SetupFlags {
  readonly watch?: readonly string[];
  readonly automatic?: readonly string[];
  readonly admin?: readonly string[];
}

export const homeOf = ({ env }: Pick<CliIo, 'env'>): string => env['HOME'] || homedir();

/** From flags, from who sits there, from the file that is there, or what is usual: in this order. */
export const answersFrom = async (
  { io }: Context,
  {
    flags,
    places,
    here,
    prompt,
  }: {
    readonly flags: SetupFlags;
    readonly places: SetupPlaces;
    readonly here: SetupFacts;
    readonly prompt: Prompt | null;
  },
): Promise<SetupAnswers> => {
  const own = places.scope === 'user';
  const said = configOf(places, here, io);
  const absolute = (word: string): string => {
    if (!word.startsWith('~/')) return resolve(io.cwd, word);
    if (own) return join(homeOf(io), word.slice(2));
    throw new ApiError('usage', `${word} cannot be watched: the machine has no home; write it out`);
  };
  const folders = (words: readonly string[]): readonly string[] => {
    for (const word of words) {
      const why = patternFault(word);
      if (why !== null) throw new ApiError('usage', `${word} cannot be watched: ${why}`);
    }
    return [...new Set(words.map(absolute))];
  };
  const usual = own ? `${homeOf(io)}/projects` : '/srv/projects';
  let watch = flags.watch === undefined ? null : folders(flags.watch);
  let automatic = flags.automatic === undefined ? null : folders(flags.automatic);
  let admins = flags.admin ?? null;
  if (prompt !== null) {
    if (watch === null) {
      const preset = said?.roots.map(({ path }) => path).join(' ') || usual;
      const typed = await prompt.line('Which folders are watched for projects?', preset);
      watch = folders(wordsOf(typed));
    }
    if (automatic === null && !own) {
      const preset = (said?.roots ?? []).filter(({ start }) => start === 'automatic');
      const typed = await prompt.line(
        'In which of them does all that is found start without mlenv up? - for none',
        preset.map(({ path }) => path).join(' ') || '-',
      );
      automatic = folders(wordsOf(typed));
    }
    if (admins === null && !own) {
      const who = io.env['SUDO_USER'] ?? '';
      const preset = said === null ? (who === 'root' ? '' : who) : said.admins.join(' ');
      const typed = await prompt.line(
        'Who administers MLEnv beside root? Login names, or - for nobody',
        preset || '-',
      );
      admins = wordsOf(typed);
    }
  }
  const roots = rootsOf({ watch, automatic, said: said?.roots ?? null, usual });
  if (said === null) return { watch: roots, admins: admins ?? [] };
  // What the file says already may stand there in other words, such as ~/projects.
  return {
    watch: isDeepStrictEqual(roots, said.roots) ? null : roots,
    admins: isDeepStrictEqual(admins, said.admins) ? null : admins,
  };
};

/** A folder that nobody spoke of starts as it did. */
const rootsOf = ({
  watch,
  automatic,
  said,
  usual,
}: {
  readonly watch: readonly string[] | null;
  readonly automatic: readonly string[] | null;
  readonly said: readonly WatchedRoot[] | null;
  readonly usual: string;
}): readonly WatchedRoot[] => {
  const before = new Map((said ?? []).map(({ path, start }) => [path, start]));
  const paths = watch ?? (said === null && automatic === null ? [usual] : [...before.keys()]);
  return [...new Set([...paths, ...(automatic ?? [])])].map((path) => {
    const start = before.get(path) ?? null;
    if (automatic?.includes(path) === true) return { path, start: 'automatic' as const };
    return { path, start: automatic !== null && start === 'automatic' ? null : start };
  });
};

const wordsOf = (line: string): readonly string[] =>
  line === '-' ? [] : line.split(/[\s,]+/).filter((word) => word !== '');

/** What the file says now; null: there is none. Throws where it has faults. */
export const configOf = (
  places: SetupPlaces,
  { entries }: SetupFacts,
  io: Pick<CliIo, 'env'>,
): { readonly roots: readonly WatchedRoot[]; readonly admins: readonly string[] } | null => {
  const entry = entries.get(places.config);
  if (entry?.kind !== 'file') return null;
  const own = places.scope === 'user';
  const read = readHostConfig({
    text: Buffer.from(entry.text),
    file: places.config,
    env: {},
    home: own ? homeOf(io) : null,
    own,
  });
  if (!read.ok) throw new ApiError('invalid-spec', `mend ${places.config} first`, read.diagnostics);
  const { roots } = read.config.start;
  return {
    roots: roots.map(({ pattern, start }) => ({ path: pattern, start })),
    admins: read.config.people.admins.users,
  };
};

export const checkAdmins = async (machine: Machine, { admins }: SetupAnswers): Promise<void> => {
  for (const name of admins ?? []) {
    if (!(await machine.hasUser(name)))
      throw new ApiError('usage', `there is no user ${name} on this machine`);
  }
};
