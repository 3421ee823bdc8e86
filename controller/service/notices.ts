import { shortRevision } from '../model/git.ts';
import type { Notice } from '../model/api.ts';
import { parseKey } from '../model/key.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { duration } from '../plan/words.ts';
import { reasons, type Reason } from '../model/reason.ts';
import type { ProjectRecord, SourceRecord } from '../model/record.ts';
import type { Deps } from '../reconcile/deps.ts';
import { fullText, leftText } from '../reconcile/record-room.ts';
import { holdsOfHost } from '../reconcile/freeze.ts';
import { isFollowed } from '../reconcile/sources.ts';

type NoticeDeps = Pick<Deps, 'store' | 'config' | 'clock' | 'memory' | 'gpus'>;

/** What stands above single environments, of these projects and of the host. */
export const noticesFor = (
  deps: NoticeDeps,
  projects: readonly ProjectRecord[],
): readonly Notice[] => [
  ...projects.flatMap((project) => fileNotices(deps, project)),
  ...sourceNotices(deps, projects),
  ...removalNotices(deps, projects),
  ...roomNotices(deps),
  ...gpuNotices(deps, projects),
];

/** Of the host: whoever waits for a GPU, holds one, or looks after them, should know. */
const gpuNotices = (
  { gpus, store }: Pick<Deps, 'gpus' | 'store'>,
  projects: readonly ProjectRecord[],
): readonly Notice[] => {
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const holdersOf = (uuid: string): readonly string[] =>
    store.gpus.leases().flatMap(({ key, gpuUuid }) => {
      if (key === null || gpuUuid !== uuid) return [];
      const { projectId, environment } = parseKey(key);
      const name = names.get(projectId);
      return name === undefined ? [] : [`${name}/${environment}`];
    });
  const sick = gpus.sick().map(({ uuid, text }) => {
    const holders = holdersOf(uuid);
    return notice(
      null,
      'GpuUnhealthy',
      `${text}${holders.length === 0 ? '' : `; held by ${holders.join(', ')}`}`,
    );
  });
  const now = gpus.current();
  if (now?.kind === 'unknown') {
    const message = `the GPUs of this host cannot be read: ${now.why}; ${now.todo}`;
    return [...sick, notice(null, 'GpuUnknown', message)];
  }
  // Nobody took them out while they were given to somebody.
  const held = new Set(store.gpus.leases().map(({ gpuUuid }) => gpuUuid)).size;
  return now?.kind === 'none' && held > 0
    ? [
        ...sick,
        notice(
          null,
          'GpuUnknown',
          `${held} GPU${held === 1 ? ' is' : 's are'} held, and none is seen any more: ${now.why}`,
        ),
      ]
    : sick;
};

/** The last good configuration stays in force, and somebody should know. */
export const configNotices = (diagnostics: readonly Diagnostic[]): readonly Notice[] => {
  const [first] = diagnostics;
  if (first === undefined) return [];
  const message = `${first.file} has a fault; the configuration before it stays in force`;
  return [notice(null, 'ConfigInvalid', message, diagnostics)];
};

/** Above all else, as nothing else happens meanwhile. */
export const freezeNotices = (
  deps: Pick<Deps, 'store' | 'clock' | 'timeText'>,
): readonly Notice[] =>
  holdsOfHost(deps).map(({ reason, message }) => notice(null, reason, message));

export const listenerNotices = (faults: readonly string[]): readonly Notice[] =>
  faults.map((message) => notice(null, 'ListenerFailed', message));

/** Names that nobody bears; a file can be read without the name service, so it is no fault of the file. */
export const ownerNotices = async ({
  config,
  people,
}: Pick<Deps, 'config' | 'people'>): Promise<readonly Notice[]> => {
  const { owners } = config.current();
  await people.look([], [...new Set(owners.values())]);
  return [...owners].flatMap(([folder, name]) =>
    people.uidOf(name) === null
      ? [
          notice(
            null,
            'OwnerUnknown',
            `owners: no user ${name} is known here, so ${folder} counts for whom it counted for before, or for its folder's owner`,
          ),
        ]
      : [],
  );
};

const fileNotices = (
  deps: Pick<Deps, 'config'>,
  { name, path, specError, vanishedAt, revision, source }: ProjectRecord,
): readonly Notice[] => [
  ...(specError === null
    ? []
    : [
        notice(
          name,
          'SpecInvalid',
          `${path}: the last good generation keeps running${revision === '' ? '' : source === null ? `; ${shortRevision(revision)} is checked out` : `; ${shortRevision(revision)} has the fault`}`,
          JSON.parse(specError) as readonly Diagnostic[],
        ),
      ]),
  ...(vanishedAt === null
    ? []
    : [
        notice(
          name,
          'PruneScheduled',
          source === null || isFollowed(deps, source)
            ? `${path}: the file is gone`
            : `the source ${source} is no longer in the host's configuration`,
        ),
      ]),
];

/** Of the sources of these projects. */
const sourceNotices = (deps: NoticeDeps, projects: readonly ProjectRecord[]): readonly Notice[] =>
  deps.store.sources.all().flatMap((source) => {
    const project = projects.find((one) => one.source === source.name);
    if (project === undefined || !isFollowed(deps, source.name)) return [];
    return sourceFaults(deps, source, project.name);
  });

/** What is no project's: a source that has brought none yet, and the upkeep of the record. */
export const hostNotices = (deps: NoticeDeps): readonly Notice[] => {
  const brought = new Set(deps.store.projects.list().map(({ source }) => source));
  return [
    ...deps.store.sources
      .all()
      .filter(({ name }) => isFollowed(deps, name) && !brought.has(name))
      .flatMap((source) => sourceFaults(deps, source, null)),
    ...[...deps.memory.upkeepFaults].map(([what, why]) =>
      notice(null, 'UpkeepFailed', `${what} of the record: ${why}`),
    ),
  ];
};

const sourceFaults = (
  deps: NoticeDeps,
  source: SourceRecord,
  project: string | null,
): readonly Notice[] => {
  const { name, failure, waiting, newest, pinned } = source;
  return [
    ...(failure === ''
      ? []
      : [notice(project, 'SourceFailed', `${name}: ${failure} (${lookText(deps, source)})`)]),
    ...(waiting === null
      ? []
      : [
          notice(
            project,
            'SourceRewound',
            `${name}: ${shortRevision(waiting)} does not follow ${shortRevision(newest ?? '')}; mlenv confirm takes it`,
          ),
        ]),
    ...(pinned === null
      ? []
      : [
          notice(
            project,
            'SourcePinned',
            `pinned to ${shortRevision(pinned)} until mlenv rollback ${project ?? name} --resume`,
          ),
        ]),
  ];
};

/** Since when, and until when. */
const lookText = ({ clock, memory }: NoticeDeps, { name, checkedAt }: SourceRecord): string => {
  const next = memory.nextLooks.get(name);
  const last =
    checkedAt === null ? 'never read' : `last read ${duration(clock.now() - checkedAt)} ago`;
  return next === undefined ? last : `${last}; asked again in ${duration(next - clock.now())}`;
};

/** Of whoever's removal waits alone: another's says nothing to them, and is not theirs to confirm. */
const removalNotices = (
  { store }: Pick<Deps, 'store'>,
  projects: readonly ProjectRecord[],
): readonly Notice[] =>
  projects.some(({ id }) =>
    store.environments.ofProject(id).some(({ reason }) => reason === 'MassRemoval'),
  )
    ? [
        notice(
          null,
          'MassRemoval',
          'many environments vanished at once; mlenv confirm lets their removal go on',
        ),
      ]
    : [];

const roomNotices = ({ memory }: Pick<Deps, 'memory'>): readonly Notice[] =>
  memory.recordTrouble === null ? [] : [notice(null, 'RecordFull', fullText(memory.recordTrouble))];

/** What a request is told whose change found no room; nothing of it was done. */
export const recordFullText = ({ memory }: Pick<Deps, 'memory'>): string =>
  `RecordFull: the disk of the record is full${memory.recordTrouble === null ? '' : leftText(memory.recordTrouble)}, so nothing was changed; ${reasons.RecordFull.todo}`;

const notice = (
  project: string | null,
  reason: Reason,
  message: string,
  diagnostics: readonly Diagnostic[] = [],
): Notice => ({ project, reason, message, diagnostics });
