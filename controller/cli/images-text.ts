import type {
  CatalogueState,
  ImageDetails,
  ImageItem,
  PruneItem,
  PruneReport,
  SyncItem,
  VersionItem,
} from '../model/catalogue-api.ts';
import { ageSince, formatAge } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';

/** How old what is shown is: the last line, as it holds for all of it. */
export const catalogueText = (
  { images, origins, syncedAt, syncs }: CatalogueState,
  nowMs: number,
): string => {
  const unfinished = syncs.filter(({ state }) => state !== 'complete').map(syncText);
  const starter = origins.starter ?? 0;
  const age =
    images === 0
      ? 'The catalogue is empty; mlenv images sync or import fills it.'
      : syncedAt !== null
        ? `Read from the registry ${ageSince(syncedAt, nowMs)} ago.`
        : starter === images
          ? 'This is the starter catalogue that came with MLEnv; mlenv images sync reads what there is now.'
          : 'No sync has been complete here; what is shown may be old.';
  return [age, ...unfinished].join('\n');
};

export const syncText = (sync: SyncItem): string => {
  const { scope, state, why, images, listed, versions, checked, retired, unchanged } = sync;
  const steps =
    images === 0
      ? 'reads the list of images'
      : listed < images
        ? `${images} images, tags of ${listed} read`
        : `${versions} versions of ${images} images, ${checked} looked at`;
  switch (state) {
    case 'running':
      return `${scope}: ${steps}`;
    case 'stopped':
      return `${scope}: stands still${why === '' ? '' : ` (${oneLine(why)})`}; ${steps}; mlenv images sync goes on from there`;
    case 'complete':
      return `${scope}: complete, ${versions} versions of ${images} images; ${retired} retired${unchanged === 0 ? '' : `; ${unchanged} ${unchanged === 1 ? 'answer' : 'answers'} had not changed`}`;
    default:
      return state satisfies never;
  }
};

export const imagesTable = (items: readonly ImageItem[], nowMs: number): string =>
  items.length === 0
    ? 'No image fits.'
    : renderTable(
        ['IMAGE', 'CATEGORY', 'NEWEST', 'TAGS', 'UPDATED', 'TITLE'],
        items.map((item) => [
          oneLine(item.repository),
          oneLine(item.category ?? '-'),
          oneLine(item.newestTag ?? '-'),
          item.problem === null ? String(item.tags) : `${item.tags}!`,
          ageSince(item.updatedAt, nowMs),
          oneLine(item.title ?? ''),
        ]),
      ).trimEnd();

export const versionsTable = (items: readonly VersionItem[]): string =>
  items.length === 0
    ? 'No version fits.'
    : renderTable(
        ['IMAGE', 'CUDA', 'PYTHON', 'FRAMEWORK', 'ARCH', 'SIZE', 'HERE', 'DRIVER'],
        items.map((item) => [
          oneLine(`${item.repository}:${item.tag}`),
          oneLine(item.cuda ?? '-'),
          oneLine(item.python ?? '-'),
          oneLine(item.framework ?? '-'),
          oneLine(item.architectures.join(',') || '-'),
          sizeText(item.sizeBytes),
          item.cached ? 'yes' : '-',
          driverText(item),
        ]),
      ).trimEnd();

export const detailsText = (details: ImageDetails, nowMs: number): string => {
  const { item, host } = details;
  const lines: readonly (readonly [string, string | null])[] = [
    ['Image', item.reference],
    ['Title', details.title],
    ['Description', details.description],
    ['Digest', item.digest],
    ['CUDA', item.cudaFull ?? item.cuda],
    ['Python', item.python],
    ['Framework', item.framework],
    ['Architectures', item.architectures.length === 0 ? null : item.architectures.join(', ')],
    ['To download', item.sizeBytes === null ? null : `${sizeText(item.sizeBytes)} compressed`],
    ['Made', details.createdAt],
    ['On this engine', item.cached ? 'yes' : 'no'],
    [
      'Driver',
      item.driver.verdict === 'fits' ? `fits, ${host?.version ?? ''}` : item.driver.message || null,
    ],
    [
      'Known',
      item.checkedAt === null
        ? originText[item.origin]
        : `the registry was asked ${ageSince(item.checkedAt, nowMs)} ago`,
    ],
    ['Problem', item.problem],
  ];
  return lines
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${`${name}:`.padEnd(16)}${oneLine(value ?? '')}`)
    .concat(
      item.driver.verdict === 'minor'
        ? ["Most of it runs on the older driver, by CUDA's minor-version compatibility."]
        : [],
    )
    .join('\n');
};

const originText = {
  hand: 'written into the record by hand',
  starter: 'from the starter catalogue that came with MLEnv',
  import: 'from a file that was imported',
  sync: 'its tag from the registry; what is in it was not asked yet',
} as const;

export const pruneText = ({ items, atMostBytes }: PruneReport): string => {
  const going = items.filter(({ verdict }) => verdict === 'remove');
  return [
    ...(items.length === 0
      ? []
      : [renderTable(['IMAGE', 'SIZE', 'PLAN', 'WHY'], items.map(pruneRow)).trimEnd(), '']),
    going.length === 0
      ? 'Nothing to remove.'
      : `${going.length} to remove, at most ${sizeText(atMostBytes)}; layers that others share stay.`,
  ].join('\n');
};

const pruneRow = ({ reference, sizeBytes, verdict, why }: PruneItem): readonly string[] => [
  oneLine(reference),
  sizeText(sizeBytes),
  verdict,
  oneLine(why),
];

const driverText = ({ driver }: VersionItem): string => {
  switch (driver.verdict) {
    case 'fits':
      return 'fits';
    case 'minor':
    case 'too-old':
      return `${driver.verdict === 'minor' ? 'minor' : 'TOO OLD'}: ${driver.message}`;
    case 'unknown':
      return driver.message === '' ? '-' : driver.message;
    default:
      return driver.verdict satisfies never;
  }
};

/** As registries and disks are counted: in powers of ten. */
export const sizeText = (bytes: number | null): string => {
  if (bytes === null) return '-';
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
};

/** `12 min`: what is left at the pace so far; '' before there is any. */
export const leftText = (
  { checked, versions }: Pick<SyncItem, 'checked' | 'versions'>,
  since: { readonly checked: number; readonly elapsedMs: number },
): string => {
  const done = checked - since.checked;
  if (done <= 0 || since.elapsedMs < 10_000) return '';
  return `, about ${formatAge(((versions - checked) * since.elapsedMs) / done)} left`;
};
