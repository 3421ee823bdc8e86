import type { Description, EventItem } from '../model/api.ts';
import { isReason, reasons } from '../model/reason.ts';
import { ageSince } from '../report/age.ts';
import { renderTable } from '../report/table.ts';
import { oneLine, stripControls } from '../report/text.ts';
import { changeText, lossText } from './plan-text.ts';
import { portsText, revisionText } from './status-text.ts';

/** As `kubectl describe`: facts first, then what is behind them. */
export const describeText = async (what: Description, nowMs: number): Promise<string> => {
  const { stringify } = await import('yaml');
  const loss = lossText(what.wouldLose);
  return [
    facts(what, nowMs),
    section('Spec', stringify(what.spec)),
    section('Conditions', conditions(what, nowMs)),
    section('Holds', what.holds.map((h) => `${h.kind} by ${oneLine(h.by)} at ${h.at}`).join('\n')),
    section(
      'Drift',
      [...what.changes.map(changeText), ...(loss === null ? [] : [loss])].join('\n'),
    ),
    section('Next', what.explanation.map(oneLine).join('\n')),
    section('Health', checkTable(what.checks, nowMs)),
    section('Events', eventTable(what.events, nowMs)),
  ].join('\n');
};

export const eventTable = (events: readonly EventItem[], nowMs: number): string =>
  events.length === 0
    ? ''
    : renderTable(
        ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
        events.map((event) => eventCells(event, nowMs)),
      );

export const eventCells = (event: EventItem, nowMs: number): readonly string[] => {
  const { at, count, firstAt, type, reason, project, environment, message } = event;
  const since = count > 1 ? ` (x${count} over ${ageSince(firstAt, nowMs)})` : '';
  const object = [project, environment].filter((part) => part !== null).join('/');
  return [`${ageSince(at, nowMs)}${since}`, type, reason, object || '-', oneLine(message)];
};

/** `2 (NVIDIA H100 80GB HBM3)`; a slice by its own name beside it. */
const cardText = ({ id, index, model }: Description['cards'][number]): string => {
  if (index === null) return `${id} (not there)`;
  const slice = id.startsWith('MIG-') ? `, ${id}` : '';
  return oneLine(`${index} (${model ?? 'unknown model'}${slice})`);
};

const facts = ({ status, image, cards, mounts, secrets }: Description, nowMs: number): string => {
  const todo = isReason(status.reason) ? reasons[status.reason].todo : '';
  const rows: readonly (readonly [string, string])[] = [
    ['Name', `${status.project}/${status.environment}`],
    ['Path', status.projectPath],
    ['Phase', status.phase],
    ['Ready', status.ready ? 'yes' : 'no'],
    ['Reason', status.message === '' ? status.reason : `${status.reason}: ${status.message}`],
    ['To do', todo.replaceAll('ENV', status.environment)],
    ['Container', containerText(status)],
    ['Image', status.image],
    ['Pinned', pinText(image)],
    ['Ports', portsText(status)],
    ['GPUs', cards.map(cardText).join(', ')],
    ['Mounts', mounts.join('; ')],
    ['Secrets', secrets.join(', ')],
    ['Generation', `${status.generation} (seen: ${status.observedGeneration})`],
    ['Sync', status.sync],
    ['Source', status.source ?? ''],
    ['Revision', status.revision === '' ? '' : revisionText(status)],
    ['Branch', status.branch ?? ''],
    ['Commit', commitText(status, nowMs)],
    ['Restarts', String(status.restarts)],
    ['Started', status.startedAt === null ? '' : `${ageSince(status.startedAt, nowMs)} ago`],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(12)}${oneLine(value)}`)
    .join('\n');
};

/** `nvcr.io/nvidia/pytorch:24.05-py3@sha256:… (registry, generation 3)` */
const pinText = (image: Description['image']): string =>
  image === null
    ? ''
    : `${image.reference}@${image.digest} (${image.source}, generation ${image.generation})`;

const containerText = ({ containerId, containerName }: Description['status']): string =>
  containerId === null
    ? `${containerName} (none now)`
    : `${containerName} (${containerId.slice(0, 12)})`;

/** `Train for an hour, by Ada, 5m ago` */
const commitText = ({ commit }: Description['status'], nowMs: number): string =>
  commit === null
    ? ''
    : `${commit.subject}, by ${commit.author}, ${ageSince(commit.at, nowMs)} ago`;

const conditions = ({ status }: Description, nowMs: number): string =>
  status.conditions.length === 0
    ? ''
    : renderTable(
        ['TYPE', 'STATUS', 'REASON', 'AGE', 'MESSAGE'],
        status.conditions.map((each) => [
          each.type,
          each.status,
          each.reason,
          ageSince(each.lastTransitionTime, nowMs),
          oneLine(each.message),
        ]),
      );

const checkTable = (checks: Description['checks'], nowMs: number): string =>
  checks.length === 0
    ? ''
    : renderTable(
        ['LAST SEEN', 'BY', 'STATUS', 'FAILURES', 'TOOK', 'MESSAGE'],
        checks.map(({ at, type, status, failures, responseMs, message }) => [
          ageSince(at, nowMs),
          type,
          status,
          String(failures),
          responseMs === null ? '-' : `${responseMs} ms`,
          oneLine(message),
        ]),
      );

const section = (title: string, body: string): string => {
  const text = stripControls(body).trimEnd();
  if (text === '') return `${title}: none`;
  return `${title}:\n${text.replaceAll(/^/gm, '  ')}`;
};
