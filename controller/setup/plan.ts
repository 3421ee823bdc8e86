import { basename, dirname } from 'node:path';
import { editConfig, type ListEntry } from '../../specs/config/index.ts';
import type { Action, SetupAnswers, SetupFacts, SetupMaterial, SetupPlan } from './actions.ts';
import { newConfigText, watchEntry } from './config-text.ts';
import {
  emptyManifest,
  hashOf,
  keepAs,
  manifestText,
  readManifest,
  type Manifest,
} from './manifest.ts';
import { adminGroup, filesOf, isPackaged, systemPlaces, type SetupPlaces } from './places.ts';
import { notesOf } from './notes.ts';
import { serviceSteps } from './service-steps.ts';
import { superseded } from './superseded.ts';
import { unitText } from './unit-text.ts';

export interface SetupQuestion {
  readonly places: SetupPlaces;
  readonly facts: SetupFacts;
  readonly answers: SetupAnswers;
  readonly material: SetupMaterial;
}

/** Everything that setup would do, and why: from facts and answers alone. */
export const planSetup = (question: SetupQuestion): SetupPlan => {
  const { places, facts } = question;
  const before = manifestIn(places, facts);
  const blocked = [...blockedBy(places, facts), ...blockedFolders(question)];
  if (before === null)
    blocked.push(`${places.manifest} is not what setup wrote: move it away, and look what it says`);
  if (blocked.length > 0) return { actions: [], same: [], notes: [], blocked, leaves: [] };
  const old = before ?? emptyManifest;
  const folders = missingFolders(foldersOf(question), facts);
  const files = filesToWrite(question, old);
  const written = files.filter(({ action }) => action !== null);
  const gone = superseded(places, facts, old);
  const group = places.scope === 'system' && !facts.hasAdminGroup;
  const manifest: Manifest = {
    files: Object.fromEntries(files.map(({ path, hash }) => [path, hash])),
    folders: [...new Set([...old.folders, ...folders.map(({ path }) => path)])],
    group: group ? adminGroup : old.group,
  };
  const manifestFile = fileAction(
    {
      path: places.manifest,
      content: manifestText(manifest),
      why: 'what --remove takes away',
      show: 'nothing',
    },
    facts,
    null,
  );
  return {
    actions: [
      ...(group ? [run(['groupadd', '--system', adminGroup], 'its members administer MLEnv')] : []),
      ...folders,
      // First of all files: what is written is known, also where a later step fails.
      ...(manifestFile === null ? [] : [manifestFile]),
      ...written.flatMap(({ action }) => (action === null ? [] : [action])),
      ...gone,
      ...serviceSteps(places, facts, {
        unitChanges: [...written, ...gone].some(
          (each) => 'path' in each && each.path === places.unit,
        ),
      }),
    ],
    same: files.filter(({ action }) => action === null).map(({ path }) => path),
    notes: notesOf(places, facts),
    blocked: [],
    leaves: [],
  };
};

/** What setup wrote here before; null: the file is there and is something else. */
export const manifestIn = (places: SetupPlaces, { entries }: SetupFacts): Manifest | null => {
  const entry = entries.get(places.manifest);
  if (entry === undefined) return emptyManifest;
  return entry.kind === 'file' ? readManifest(entry.text) : null;
};

export const blockedBy = (places: SetupPlaces, { entries }: SetupFacts): string[] =>
  filesOf(places).flatMap((path) => {
    const entry = entries.get(path);
    if (entry === undefined || entry.kind === 'file') return [];
    if (entry.kind === 'link') return [`${path} is a link to ${entry.to}: remove it first`];
    return [
      `${path} is no file (${entry.kind === 'folder' ? 'a folder' : entry.what}): move it away first`,
    ];
  });

const blockedFolders = ({
  places,
  facts: { entries },
  answers,
}: SetupQuestion): readonly string[] => [
  ...(places.scope === 'user' && entries.has(systemPlaces.configFolder)
    ? [
        `${systemPlaces.configFolder} says that this machine has an instance for all, which every command talks to`,
      ]
    : []),
  ...[places.configFolder, places.home, places.state, ...pathsOf(answers)].flatMap((path) => {
    const entry = entries.get(path);
    return entry === undefined || entry.kind === 'folder' ? [] : [`${path} is no folder`];
  }),
];

export const run = (argv: readonly string[], why: string): Action => ({ kind: 'run', argv, why });

interface WantedFile {
  readonly path: string;
  readonly content: string;
  readonly show: 'text' | 'count' | 'nothing';
  readonly why: string;
}

const wantedFiles = ({
  places,
  facts,
  answers,
  material,
}: SetupQuestion): readonly WantedFile[] => {
  const { completions, manPage, scope } = places;
  const hasOwn = isPackaged(places, facts);
  const config = facts.entries.get(places.config);
  const unit: readonly WantedFile[] =
    facts.systemd === 'none' || hasOwn
      ? []
      : [
          {
            path: places.unit,
            content: unitText(material.unit, facts.command),
            show: 'text',
            why: 'the service; changes of your own belong into: systemctl edit mlenv',
          },
        ];
  const shells = (['bash', 'zsh', 'fish'] as const).flatMap((shell): readonly WantedFile[] => {
    const path = completions[shell];
    if (path === null || hasOwn) return [];
    return [
      { path, content: material.completions[shell], show: 'count', why: `completion in ${shell}` },
    ];
  });
  return [
    {
      path: places.config,
      content:
        config?.kind === 'file'
          ? editConfig(config.text, changesOf(answers))
          : newConfigText({ scope, watch: answers.watch ?? [], admins: answers.admins ?? [] }),
      show: 'text',
      why: 'folders, administrators, and room for the rest',
    },
    ...unit,
    ...shells,
    ...(manPage === null || hasOwn
      ? []
      : [{ path: manPage, content: material.manPage, show: 'count' as const, why: 'man mlenv' }]),
  ];
};

const changesOf = ({
  watch,
  admins,
}: SetupAnswers): Readonly<Record<string, readonly ListEntry[]>> => ({
  ...(watch === null ? {} : { watch: watch.map(watchEntry) }),
  ...(admins === null ? {} : { 'people.admins.users': admins }),
});

const pathsOf = ({ watch }: SetupAnswers): readonly string[] =>
  (watch ?? []).map(({ path }) => path);

interface PlannedFile {
  readonly path: string;
  readonly hash: string;
  readonly action: Action | null;
}

const filesToWrite = (question: SetupQuestion, old: Manifest): readonly PlannedFile[] =>
  wantedFiles(question).map((wanted) => {
    const { path, content } = wanted;
    const action = fileAction(wanted, question.facts, keepAs(path, { ...question, old }));
    // A file that stays as it is may hold what somebody wrote: that is not ours to remove.
    return { path, hash: action === null ? (old.files[path] ?? '') : hashOf(content), action };
  });

const fileAction = (
  { path, content, show, why }: WantedFile,
  { entries }: SetupFacts,
  kept: string | null,
): Action | null => {
  const entry = entries.get(path);
  const before = entry?.kind === 'file' ? entry.text : null;
  if (before === content) return null;
  return { kind: 'file', path, content, mode: 0o644, before, keepAs: kept, show, why };
};

interface WantedFolder {
  readonly path: string;
  readonly mode: number;
  readonly why: string;
}

const foldersOf = (question: SetupQuestion): readonly WantedFolder[] => {
  const { places, answers } = question;
  const own = places.scope === 'user';
  const watched = pathsOf(answers)
    .filter((pattern) => !pattern.includes('*') && !pattern.endsWith('/mlenv.yaml'))
    .map((path) => ({ path, mode: 0o755, why: 'watched; projects go below it' }));
  const parents = wantedFiles(question)
    .filter(({ path }) => dirname(path) !== places.configFolder)
    .map(({ path }) => ({ path: dirname(path), mode: 0o755, why: `for ${basename(path)}` }));
  return [
    { path: places.configFolder, mode: own ? 0o700 : 0o755, why: 'the configuration' },
    { path: places.home, mode: own ? 0o700 : 0o755, why: 'the state, and trees of git sources' },
    { path: places.state, mode: 0o700, why: 'the database' },
    ...watched,
    ...parents,
  ];
};

/** Each with the folders above it that are missing as well, in the order in which they are made. */
const missingFolders = (
  wanted: readonly WantedFolder[],
  { entries }: SetupFacts,
): readonly Extract<Action, { readonly kind: 'folder' }>[] => {
  const missing = new Map<string, Extract<Action, { readonly kind: 'folder' }>>();
  const add = ({ path, mode, why }: WantedFolder): void => {
    if (path === '/' || entries.has(path) || missing.has(path)) return;
    add({ path: dirname(path), mode: 0o755, why });
    missing.set(path, { kind: 'folder', path, mode, why });
  };
  wanted.forEach(add);
  return [...missing.values()];
};
