import { shortRevision } from '../model/git.ts';
import type { Notice, StatusItem, StatusList } from '../model/api.ts';
import { isReason, reasons, tellsOf } from '../model/reason.ts';
import { ageSince } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import type { Paint } from './plan-text.ts';
import { colourOf } from './progress.ts';

/** The table of `mlenv status`, and beneath it what stands above single environments. */
export const statusText = (
  list: StatusList,
  options: {
    readonly wide: boolean;
    /** Of several projects, so that each name bears its project's. */
    readonly all: boolean;
    readonly nowMs: number;
    readonly paint: Paint;
    /** Said at the end unless a notice says it; null: nothing. */
    readonly note: string | null;
  },
): string => {
  const { wide, all, nowMs, paint, note } = options;
  const rows = list.items.map((item) => [
    all ? `${item.project}/${item.environment}` : item.environment,
    item.phase,
    item.ready ? 'yes' : 'no',
    String(item.restarts),
    ageSince(item.startedAt, nowMs),
    portsText(item),
    ...(wide ? wideCells(item) : []),
    reasonCell(item, paint),
  ]);
  const head = ['NAME', 'PHASE', 'READY', 'RESTARTS', 'AGE', 'PORTS'];
  const wideHead = wide
    ? ['IMAGE', 'CONTAINER', 'GENERATION', 'GPUS', 'SYNC', 'REVISION', 'BRANCH', 'AUTHOR', 'PATH']
    : [];
  const table = renderTable([...head, ...wideHead, 'REASON'], rows).trimEnd();
  const lines = list.notices.map((notice) => noticeText(notice, paint));
  const told = list.notices.some(({ reason }) => reason === 'Unwatched');
  return [
    list.items.length === 0 ? 'No environments.' : table,
    ...lines,
    ...(note === null || told ? [] : [note]),
  ].join('\n');
};

export const portsText = ({ ports }: StatusItem): string =>
  ports.length === 0 ? '-' : ports.map(({ host, container }) => `${host}:${container}`).join(',');

const wideCells = (item: StatusItem): readonly string[] => [
  oneLine(item.image),
  item.containerId === null ? '-' : item.containerId.slice(0, 12),
  item.generation === item.observedGeneration
    ? String(item.generation)
    : `${item.observedGeneration} of ${item.generation}`,
  item.gpus.length === 0 ? '-' : item.gpus.join(','),
  item.sync,
  revisionText(item),
  item.branch === null ? '-' : oneLine(item.branch),
  item.commit === null ? '-' : oneLine(item.commit.author),
  oneLine(item.projectPath),
];

/** The project's commit, and the container's where it was made with another one's files. */
export const revisionText = ({ revision, workspaceRevision }: StatusItem): string => {
  const newest = revision === '' ? '-' : shortRevision(revision);
  return workspaceRevision === '' || workspaceRevision === revision
    ? newest
    : `${newest} (runs ${shortRevision(workspaceRevision)})`;
};

const reasonCell = ({ reason, message }: StatusItem, paint: Paint): string => {
  const shown = paint(colourOf(reason), reason);
  // What is well needs no words, unless a person has to decide.
  const good = isReason(reason) && reasons[reason].kind === 'good' && tellsOf(reason) !== 'pending';
  return good || message === '' ? shown : `${shown}: ${oneLine(message)}`;
};

const noticeText = (notice: Notice, paint: Paint): string => {
  const place = notice.project === null ? '' : `${oneLine(notice.project)}: `;
  const head = `${place}${paint(colourOf(notice.reason), notice.reason)}: ${oneLine(notice.message)}`;
  const faults = notice.diagnostics.map(
    ({ file, line, column, message }) => `  ${oneLine(file)}:${line}:${column} ${oneLine(message)}`,
  );
  return [head, ...faults].join('\n');
};
