import type { StatusList } from '../model/api.ts';
import type { GpuItem, GpuReport } from '../model/pool-api.ts';
import type { UsageReport } from '../model/usage-api.ts';
import { sizeText } from '../model/size-text.ts';
import { renderTable } from '../report/table.ts';
import { oneLine } from '../report/text.ts';
import { holderText } from './gpu-picture.ts';
import { gpuTable, type GpuTextOptions } from './gpu-text.ts';

export interface Observed {
  readonly status: StatusList;
  readonly gpus: GpuReport;
  readonly waste: UsageReport;
}

/** The host as an administrator wants to see it before MLEnv may touch it. */
export const observeText = ({ status, gpus, waste }: Observed, options: GpuTextOptions): string => {
  const holds = status.notices.filter(
    ({ reason }) => reason === 'Observing' || reason === 'Frozen',
  );
  const isObserving = holds.some(({ reason }) => reason === 'Observing');
  return [
    ...(isObserving
      ? []
      : ['MLEnv acts on this host: it does not only observe. mlenv observe on changes that.']),
    ...holds.map(({ reason, message }) => `${reason}: ${oneLine(message)}`),
    '',
    options.paint('bold', 'GPUs'),
    gpuTable(gpus, options),
    ...section(options, "On them, and not MLEnv's", gpus.gpus.flatMap(strangersOn)),
    '',
    options.paint('bold', isObserving ? 'What MLEnv would do' : 'Environments'),
    environmentsText(status),
    '',
    options.paint('bold', 'Waste'),
    ...wasteLines(gpus, waste),
  ].join('\n');
};

const section = (
  { paint }: GpuTextOptions,
  title: string,
  lines: readonly string[],
): readonly string[] => (lines.length === 0 ? [] : ['', paint('bold', title), ...lines]);

/** Processes whose container is none of MLEnv's, or that run in none. */
const strangersOn = ({ index, processes }: GpuItem): readonly string[] =>
  processes
    .filter(({ environment }) => environment === null)
    .map(
      ({ pid, name, user, memoryBytes }) =>
        `GPU ${index}: ${oneLine(name)} (pid ${pid}${user === null ? '' : `, ${oneLine(user)}`})${
          memoryBytes === null ? '' : `, ${sizeText(memoryBytes)}`
        }`,
    );

const environmentsText = ({ items }: StatusList): string =>
  items.length === 0
    ? 'No environments: no watched folder has an mlenv.yaml yet.'
    : renderTable(
        ['NAME', 'NOW', 'REASON', 'FOLDER'],
        items.map((item) => [
          oneLine(`${item.project}/${item.environment}`),

          item.phase,
          item.message === '' ? item.reason : `${item.reason}: ${oneLine(item.message)}`,
          oneLine(item.projectPath),
        ]),
      ).trimEnd();

const wasteLines = (gpus: GpuReport, { items, total }: UsageReport): readonly string[] => {
  const idle = gpus.gpus.filter(
    ({ state, utilization, memoryUsedBytes, holders, processes }) =>
      utilization === 0 &&
      (state === 'foreign' || holders.length > 0 || processes.length > 0) &&
      memoryUsedBytes !== null,
  );
  const wasted = items.filter(({ gpuHoursWasted }) => gpuHoursWasted >= 0.01);
  const lines = [
    ...idle.map((gpu) => `GPU ${gpu.index}: taken (${whose(gpu)}), and 0 % in use now`),
    ...wasted.map(
      ({ user, project, environment, gpuHoursWasted, gpuHoursHeld }) =>
        `${oneLine(`${project ?? '-'}/${environment ?? '-'}`)} (${oneLine(user ?? '-')}): ${gpuHoursWasted.toFixed(1)} of ${gpuHoursHeld.toFixed(1)} GPU hours held were not used`,
    ),
  ];
  if (lines.length > 0) return lines;
  return gpus.gpus.length === 0
    ? ['No GPU is seen, so none is wasted.']
    : [
        total.gpuHoursHeld === 0
          ? 'No GPU is taken and idle now; mlenv report tells of the past once MLEnv has given some out.'
          : 'No GPU is taken and idle now, and none was in the last 7 days.',
      ];
};

const whose = ({ holders, why, processes }: GpuItem): string =>
  holders.length > 0
    ? holders.map(holderText).join(', ')
    : why !== ''
      ? oneLine(why)
      : processes.map(({ name }) => oneLine(name)).join(', ');
