import { bytes } from '../plan/words.ts';
import { quotaFields, type QuotaField } from '../model/quota.ts';
import type { QuotaCheck, QuotaItem, QuotaLine, QuotaReport } from '../model/quota-api.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';

/** One row each, and in each cell what is in use, what may be had, and who says so. */
export const quotaTable = ({ items }: QuotaReport): string => {
  if (items.length === 0) return 'There is no quota to show.';
  const rows = items.map((item) => [
    item.kind,
    oneLine(item.name),
    oneLine(item.owner ?? '-'),
    ...quotaFields.map((field) => cell(field, item.limits[field])),
  ]);
  const head = ['OF', 'NAME', 'OWNER', 'CONTAINERS', 'CPUS', 'MEMORY', 'GPUS'];
  const groups = items.some(({ kind }) => kind === 'group');
  return [
    renderTable(head, rows).trimEnd(),
    '',
    'In use of what may be had, and who says so; any: there is no limit.',
    ...(groups ? ['Of a group: what each member may have who has no limit of their own.'] : []),
  ].join('\n');
};

export const quotaCheckText = ({ wrong, repaired }: QuotaCheck): string => {
  if (wrong.length === 0) return 'The use that quotas show is what is held.';
  const lines = wrong.flatMap(({ project, path, says, holds }) =>
    quotaFields
      .filter((field) => says[field] !== holds[field])
      .map((field) => {
        const verb = repaired ? 'showed' : 'shows';
        return `${oneLine(`${project} (${path})`)} ${verb} ${amount(field, says[field])}${nouns[field]} in use and holds ${amount(field, holds[field])}`;
      }),
  );
  const end = repaired
    ? 'It is written down now.'
    : 'Somebody wrote into project_quotas; mlenv quota check --repair writes down what is held.';
  return [...lines, end].join('\n');
};

const cell = (field: QuotaField, { limit, from, used }: QuotaLine): string => {
  const most = limit === null ? 'any' : amount(field, limit);
  return oneLine(`${used === null ? '' : `${amount(field, used)} of `}${most} (${from})`);
};

const amount = (field: QuotaField, value: number): string =>
  field === 'memoryBytes' && value > 0 ? bytes(value) : String(Math.round(value * 100) / 100);

const nouns: Readonly<Record<keyof QuotaItem['limits'], string>> = {
  containers: ' containers',
  cpus: ' CPU cores',
  memoryBytes: ' of memory',
  gpus: ' GPUs',
};
