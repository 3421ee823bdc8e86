import type { GpuInventory, GpuProvider } from '../../model/gpu.ts';
import { type Card, cardsOf } from './cards.ts';
import { failureOf } from './failures.ts';
import { fieldSets, unknownField } from './fields.ts';
import { parseCsv } from './parse-csv.ts';
import { processOwner, type ProcessOwner } from './processes.ts';
import { createRunner, type Ran, type Run } from './run.ts';
import {
  type Call,
  type Kept,
  nothingKept,
  slicesOf,
  linksOf,
  processesOf,
  versionOf,
} from './sides.ts';

export interface NvidiaSmiOptions {
  /** Path or name of the program. */
  readonly program: string;
  /** For one whole look, in milliseconds. */
  readonly timeoutMs: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly userOf: (uid: number) => string | null;
  readonly run?: Run;
  readonly processOf?: (pid: number) => Promise<ProcessOwner>;
}

/** The cards as nvidia-smi tells of them. Who asks while a look is under way gets that look. */
export const createNvidiaSmi = (options: NvidiaSmiOptions): GpuProvider => {
  const setup: Setup = {
    ...options,
    run: options.run ?? createRunner({ program: options.program }),
    processOf: options.processOf ?? ((pid) => processOwner(pid)),
    kept: nothingKept(),
  };
  let pending: Promise<GpuInventory> | null = null;
  return {
    inventory: () => {
      pending ??= look(setup).finally(() => {
        pending = null;
      });
      return pending;
    },
  };
};

/** For a host that is run without cards (`MLENV_NVIDIA_SMI=none`). `why` is for a person. */
export const emptyGpuProvider = (why: string, now: () => number = Date.now): GpuProvider => ({
  inventory: () => Promise.resolve({ kind: 'none', why, readAt: now() }),
});

interface Setup extends Required<NvidiaSmiOptions> {
  readonly kept: Kept;
}

const look = async (setup: Setup): Promise<GpuInventory> => {
  const { program, now, kept } = setup;
  const call = withinDeadline(setup);
  const asked = await askCards(call, kept);
  const readAt = now();
  if (asked.kind === 'half') {
    return {
      kind: 'unknown',
      why: `half an answer of ${program}: ${asked.why}`,
      todo: 'run nvidia-smi by hand; what was seen before counts until a look can be read whole',
      readAt,
    };
  }
  if (asked.kind === 'failed') {
    // Another driver may be there after it: ask it for everything again. A slow one is the same one.
    if (asked.ran.kind !== 'late') Object.assign(kept, nothingKept());
    return failureOf(asked.ran, program, readAt);
  }
  const { cards } = asked;
  // One after the other: a stuck driver then holds one process, not four.
  const processes = await processesOf(call, setup);
  const slices = await slicesOf(call, { cards, kept });
  const version = await versionOf(call, { driver: asked.driver, kept });
  const links = await linksOf(call, { cards, driver: version.value.driver, kept });
  return {
    kind: 'known',
    readAt,
    ...version.value,
    gpus: cards.map(({ migMode, ...card }) => ({
      ...card,
      // In MIG mode without a slice there is nothing to give: that is not a whole card.
      mig: slices.value.get(card.uuid) ?? (migMode === 'on' ? [] : null),
      processes: processes.value.get(card.uuid) ?? [],
    })),
    links: links.value,
    warnings: [asked, processes, slices, version, links].flatMap(({ warnings }) => warnings),
  };
};

/** All calls of one look share its time. */
const withinDeadline = ({ run, timeoutMs }: Setup): Call => {
  const limitMs = timeoutMs();
  const endAt = performance.now() + limitMs;
  return (argv) => {
    const leftMs = Math.ceil(endAt - performance.now());
    return leftMs > 0
      ? run(argv, leftMs).then(printable)
      : Promise.resolve({ kind: 'late', afterMs: limitMs });
  };
};

/** What it says is shown to people, in terminals too. */
const printable = (ran: Ran): Ran =>
  ran.kind === 'ended'
    ? { ...ran, stdout: withoutControls(ran.stdout), stderr: withoutControls(ran.stderr) }
    : ran;

/* oxlint-disable no-control-regex -- these are what is taken out */
/** The head of a table is underlined. */
const styles = /\u001b\[[0-9;]*m/g;
const controls =
  /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
/* oxlint-enable no-control-regex */

const withoutControls = (text: string): string =>
  text.replace(styles, '').replace(controls, '\ufffd');

type Asked =
  | {
      readonly kind: 'cards';
      readonly cards: readonly Card[];
      readonly driver: string | null;
      readonly warnings: readonly string[];
    }
  /** Some cards can be read and others not: of those nobody knows whether they are there. */
  | { readonly kind: 'half'; readonly why: string }
  | { readonly kind: 'failed'; readonly ran: Ran };

/** Why an answer is not a whole one; null: it is. What is told of a lost card, and warnings, are no rows. */
const halfOf = (stdout: string, others: readonly string[]): string | null => {
  const odd = others.find((line) => !isSaid(line));
  if (odd !== undefined) return `a row could not be read: ${odd.slice(0, 200)}`;
  return stdout === '' || stdout.endsWith('\n') ? null : 'its answer ends in the middle of a line';
};

const isSaid = (line: string): boolean =>
  /^(?:warning|error|note)\b/i.test(line) || /^Unable to determine the device handle/i.test(line);

/** Asks with fewer fields until the driver knows them all. Rows count whatever the exit code is. */
const askCards = async (call: Call, kept: Kept): Promise<Asked> => {
  const fields = fieldSets[kept.fieldSet] ?? [];
  const ran = await call([`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits']);
  if (ran.kind !== 'ended') return { kind: 'failed', ran };
  const refused = unknownField(`${ran.stdout}\n${ran.stderr}`);
  if (refused !== null && kept.fieldSet < fieldSets.length - 1) {
    kept.fieldSet += 1;
    kept.refused = refused;
    return askCards(call, kept);
  }
  const { rows, others } = parseCsv(ran.stdout, fields);
  const errors = ran.stderr.split('\n').map((line) => line.trim());
  const half = halfOf(ran.stdout, others);
  if (half !== null && rows.length > 0) return { kind: 'half', why: half };
  const { cards, warnings } = cardsOf(rows, [...others, ...errors.filter((line) => line !== '')]);
  if (cards.length === 0) return { kind: 'failed', ran };
  const isExplained = ran.code === 0 || cards.some(({ health }) => health.state === 'lost');
  return {
    kind: 'cards',
    cards,
    driver: rows.map((row) => row.text('driver_version')).find((text) => text !== null) ?? null,
    warnings: [
      ...warnings,
      ...(isExplained
        ? []
        : [`nvidia-smi gave the cards and ended badly: exit ${ran.code ?? 'by a signal'}`]),
      ...(kept.refused === null
        ? []
        : [`this driver does not know ${kept.refused}: fewer signs of health are read`]),
    ],
  };
};
