import type { GpuLink, GpuProcess, MigDevice } from '../../model/gpu.ts';
import type { Card } from './cards.ts';
import { saidOf } from './failures.ts';
import { parseMig } from './mig.ts';
import { type Attribution, attribute, parseProcesses, processArgv } from './processes.ts';
import type { Ran } from './run.ts';
import { parseTopology } from './topology.ts';

/** One call of nvidia-smi with what is left of the look's time. */
export type Call = (argv: readonly string[]) => Promise<Ran>;

/** What a look leaves to the next one. */
export interface Kept {
  /** Index into the field sets. */
  fieldSet: number;
  /** The field that the driver refused; null: none. */
  refused: string | null;
  processes: ByCard<GpuProcess>;
  slices: ByCard<MigDevice>;
  links: { readonly key: string; readonly links: readonly GpuLink[] } | null;
  version: { readonly asked: string | null; readonly version: Version } | null;
}

export const nothingKept = (): Kept => ({
  fieldSet: 0,
  refused: null,
  processes: new Map(),
  slices: new Map(),
  links: null,
  version: null,
});

/** These calls only add to the list of cards: what fails is a warning. */
export interface Side<T> {
  readonly value: T;
  readonly warnings: readonly string[];
}

/** By the card's uuid. Where it cannot be read the last look holds: a used card is not to look free. */
export const processesOf = async (
  call: Call,
  { kept, ...attribution }: Attribution & { readonly kept: Kept },
): Promise<Side<ByCard<GpuProcess>>> => {
  const ran = await call(processArgv);
  const { processes, others } = parseProcesses(ran.kind === 'ended' ? ran.stdout : '');
  const isGood = ran.kind === 'ended' && ran.code === 0;
  if (!isGood && processes.length === 0) {
    const warning = `processes could not be read, those of the last look stand: ${saidOf(ran)}`;
    return { value: kept.processes, warnings: [warning] };
  }
  const found = await Promise.all(
    processes.slice(0, mostProcesses).map(async (listed) => ({
      gpuUuid: listed.gpuUuid,
      process: await attribute(listed, attribution),
    })),
  );
  kept.processes = groupByCard(found.map(({ gpuUuid, process }) => [gpuUuid, process]));
  const odd = others.filter((line) => !/^No running processes/i.test(line));
  return {
    value: kept.processes,
    warnings: [
      ...(odd.length === 0 ? [] : [`a process was not understood: ${odd[0]?.slice(0, 200)}`]),
      ...(isGood ? [] : [`processes may be missing: ${saidOf(ran)}`]),
      ...(processes.length > mostProcesses
        ? [`only ${mostProcesses} processes are looked at`]
        : []),
    ],
  };
};

/** By the card's uuid; a card without slices is not in it. */
export const slicesOf = async (
  call: Call,
  { cards, kept }: { readonly cards: readonly Card[]; readonly kept: Kept },
): Promise<Side<ByCard<MigDevice>>> => {
  const isTold = cards.some(({ migMode }) => migMode !== null);
  const isOn = cards.some(({ migMode }) => migMode === 'on');
  if (isTold && !isOn) return { value: new Map(), warnings: [] };
  const ran = await call(['-L']);
  const read = ran.kind === 'ended' && ran.code === 0 ? parseMig(ran.stdout) : null;
  const slices = read ?? kept.slices;
  kept.slices = slices;
  return {
    // A driver too old to tell the mode is judged by what it lists.
    value: new Map(
      cards.flatMap(({ uuid, migMode }) => {
        const own = slices.get(uuid) ?? [];
        return migMode !== 'off' && own.length > 0 ? [[uuid, own] as const] : [];
      }),
    ),
    warnings:
      read === null
        ? [`MIG slices could not be read, those of the last look stand: ${saidOf(ran)}`]
        : [],
  };
};

/** The matrix of one set of cards does not change while the driver is loaded. */
export const linksOf = async (
  call: Call,
  { cards, driver, kept }: { cards: readonly Card[]; driver: string | null; kept: Kept },
): Promise<Side<readonly GpuLink[]>> => {
  if (cards.length < 2) return { value: [], warnings: [] };
  const key = [driver, ...cards.map(({ index, uuid }) => `${index}=${uuid}`)].join(' ');
  if (kept.links?.key === key) return { value: kept.links.links, warnings: [] };
  const ran = await call(['topo', '-m']);
  const links =
    ran.kind === 'ended'
      ? parseTopology(ran.stdout, (at) => cards.find(({ index }) => index === at)?.uuid ?? null)
      : null;
  if (links === null) {
    const warning = `links between cards could not be read, all pairs count the same: ${saidOf(ran)}`;
    return { value: [], warnings: [warning] };
  }
  kept.links = { key, links };
  return { value: links, warnings: [] };
};

export interface Version {
  readonly driver: string | null;
  readonly cuda: string | null;
}

/** Older drivers do not know `--version` and tell it in the table's head. Asked once for a driver. */
export const versionOf = async (
  call: Call,
  { driver, kept }: { readonly driver: string | null; readonly kept: Kept },
): Promise<Side<Version>> => {
  if (kept.version !== null && kept.version.asked === driver) {
    return { value: kept.version.version, warnings: [] };
  }
  let text = textOf(await call(['--version']));
  if (cudaOf(text) === null) text = textOf(await call([]));
  const version = {
    driver: driver ?? /driver version\s*:\s*(\d[\d.]*)/i.exec(text)?.[1] ?? null,
    cuda: cudaOf(text),
  };
  kept.version = { asked: driver, version };
  return { value: version, warnings: [] };
};

const cudaOf = (text: string): string | null =>
  /CUDA(?: UMD)? Version\s*:\s*(\d+\.\d+)/i.exec(text)?.[1] ?? null;

const textOf = (ran: Ran): string => (ran.kind === 'ended' ? ran.stdout : '');

const mostProcesses = 1024;

type ByCard<T> = ReadonlyMap<string, readonly T[]>;

const groupByCard = <T>(pairs: readonly (readonly [string, T])[]): ByCard<T> => {
  const groups = new Map<string, T[]>();
  for (const [uuid, value] of pairs) groups.set(uuid, [...(groups.get(uuid) ?? []), value]);
  return groups;
};
