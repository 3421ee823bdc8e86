import type { Action, SetupPlan } from '../setup/actions.ts';
import { lineDiff } from '../setup/diff.ts';

/** What setup would do, a line each, with what changes in the files. */
export const planLines = ({ actions, same, notes }: SetupPlan): readonly string[] => [
  ...actions.flatMap((action) => [actionLine(action), ...changeLines(action)]),
  ...same.map((path) => row('same', path, '')),
  ...notes.map((note) => `  note    ${note}`),
];

/** Where nobody was asked: of a new file its name is enough. */
export const doneLines = (action: Action): readonly string[] => [
  actionLine(action),
  ...(action.kind === 'file' && action.before !== null ? changeLines(action) : []),
];

const actionLine = (action: Action): string => {
  switch (action.kind) {
    case 'folder':
      return row('create', `${action.path}/ (${mode(action.mode)})`, action.why);
    case 'file':
      return row(action.before === null ? 'create' : 'change', action.path, kept(action));
    case 'run':
      return row('run', action.argv.join(' '), action.why);
    case 'remove':
      return row('remove', action.path, kept(action));
    case 'remove-folder':
      return row('remove', `${action.path}/`, action.why);
    default:
      return action satisfies never;
  }
};

const changeLines = (action: Action): readonly string[] => {
  if (action.kind !== 'file' || action.show === 'nothing') return [];
  const lines = lineDiff(action.before ?? '', action.content);
  if (action.show === 'text') return lines.map((line) => `            ${line}`.trimEnd());
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return [`            ${count('+')} lines more, ${count('-')} less`];
};

const kept = ({ keepAs, why }: { readonly keepAs: string | null; readonly why: string }): string =>
  keepAs === null ? why : `${why}; the file of before: ${keepAs}`;

const row = (verb: string, what: string, why: string): string =>
  `  ${verb.padEnd(6)}  ${what}${why === '' ? '' : `  # ${why}`}`;

const mode = (bits: number): string => bits.toString(8).padStart(4, '0');
