/** Where projects are looked for, made of an entry of `watch`. */
export interface FolderPattern {
  /** Its part before the first star; absolute. */
  readonly base: string;
  /** How many levels below the base a project may lie. */
  readonly levels: number;
  /** A project in this folder counts. */
  readonly holds: (folder: string) => boolean;
  /** Projects may lie in this folder or below it. */
  readonly leadsTo: (folder: string) => boolean;
  /**
   * Who wrote the pattern means this folder too: any below it where it has no star. `base`: where the
   * pattern's own really lies.
   */
  readonly covers: (folder: string, base: string) => boolean;
}

/** How many levels `**` stands for, and how far below a folder without a star projects are looked for. */
export const patternDepth = 3;

const specFile = 'mlenv.yaml';

/**
 * - `/srv/projects` is for that folder and those below it.
 * - `/srv/a*` is for each folder of such a name, and those below it.
 * - With the file's name at the end, for the folders that it names and none below them.
 *
 * A star stands for no hidden folder and for no node_modules.
 */
export const folderPattern = (text: string): FolderPattern => {
  const names = text.split('/').filter((name) => name !== '');
  const isFile = names.at(-1) === specFile;
  if (isFile) names.pop();
  const star = names.findIndex((name) => name.includes('*'));
  const fixed = star === -1 ? names : names.slice(0, star);
  const written = star === -1 ? [] : names.slice(star);
  const steps = isFile || written.includes('**') ? written : [...written, '**'];
  const base = `/${fixed.join('/')}`;
  const look = (folder: string, from = base): Look => {
    const below = namesBelow(from, folder);
    return below === null ? nowhere : follow(steps, below, 0);
  };
  return {
    base,
    levels: steps.reduce((sum, step) => sum + (step === '**' ? patternDepth : 1), 0),
    holds: (folder) => look(folder).holds,
    leadsTo: (folder) => look(folder).leads,
    covers: (folder, from) =>
      star === -1 && !isFile ? namesBelow(from, folder) !== null : look(folder, from).holds,
  };
};

/** Why this is no pattern; null: it is one. */
export const patternFault = (text: string): string | null => {
  const names = text.split('/').filter((name) => name !== '');
  if (/[?[\]{}]/.test(text)) return 'of the signs of a pattern only * and ** are read';
  if (names.some((name) => name.includes('**') && name !== '**')) return '** stands by itself';
  if (names.filter((name) => name === '**').length > 1) return '** stands once at most';
  if (names[0]?.includes('*') === true) return 'a folder stands before the first star';
  return null;
};

interface Look {
  readonly holds: boolean;
  readonly leads: boolean;
}

const nowhere: Look = { holds: false, leads: false };

const namesBelow = (base: string, folder: string): readonly string[] | null => {
  if (folder === base) return [];
  const prefix = base === '/' ? '/' : `${base}/`;
  return folder.startsWith(prefix) ? folder.slice(prefix.length).split('/') : null;
};

/** `taken`: how many levels the `**` in front has stood for already. */
const follow = (steps: readonly string[], names: readonly string[], taken: number): Look => {
  const [step, ...others] = steps;
  const [name, ...deeper] = names;
  if (name === undefined) return { holds: steps.every((one) => one === '**'), leads: true };
  if (step === undefined) return nowhere;
  if (step !== '**') return fits(step, name) ? follow(others, deeper, 0) : nowhere;
  const passed = follow(others, names, 0);
  const may = taken < patternDepth && isEntered(name);
  const entered = may ? follow(steps, deeper, taken + 1) : nowhere;
  return { holds: passed.holds || entered.holds, leads: passed.leads || entered.leads };
};

const fits = (step: string, name: string): boolean => {
  if (!step.includes('*')) return step === name;
  const parts = step
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return (
    (isEntered(name) || step.startsWith('.')) &&
    new RegExp(`^${parts.join('.*')}$`, 'su').test(name)
  );
};

const isEntered = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';
