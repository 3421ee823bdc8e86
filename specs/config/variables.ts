import type { Diagnostic } from '../../controller/model/diagnostic.ts';
import type { Fault } from '../fault.ts';
import { diagnosticAt, sourceOf } from '../point.ts';
import { validateConfig } from '../validate.ts';
import { quoted } from '../safe-text.ts';
import { fileOfValues, type ConfigLeaf, type ConfigValues } from './values.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface VariablesRead {
  readonly values: Partial<ConfigValues>;
  /** Which variable set a leaf. */
  readonly setBy: ReadonlyMap<string, Variable>;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the process's environment says above the file. */
export const readVariables = (env: Env): VariablesRead => {
  let values: Partial<ConfigValues> = {};
  const setBy = new Map<string, Variable>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, { write, says }] of Object.entries(configVariables)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    const written = write(text);
    const file = written === null ? null : fileOfValues(written as Partial<ConfigValues>);
    if (written === null || validateConfig(file).length > 0) {
      const message = `${name} cannot be ${quoted(text)}`;
      diagnostics.push(
        inVariable({ name, text }, { code: 'E_FORMAT', message, hint: `write ${says}` }),
      );
      continue;
    }
    values = { ...values, ...(written as Partial<ConfigValues>) };
    for (const leaf of Object.keys(written)) setBy.set(leaf, { name, text });
  }
  return { values, setBy, diagnostics };
};

export interface Variable {
  readonly name: string;
  readonly text: string;
}

export const inVariable = (
  { name, text }: Variable,
  say: Pick<Fault, 'code' | 'message' | 'hint'>,
): Diagnostic => diagnosticAt(sourceOf(name, text), { start: 0, end: text.length }, say);

/** Leaves in the words of the file; the schema judges them afterwards. null: not of this form at all. */
type Written = { readonly [leaf in ConfigLeaf]?: unknown };

interface Form {
  readonly says: string;
  readonly write: (text: string) => Written | null;
}

/** docs/config.md lists them. */
export const configVariables: Readonly<Record<string, Form>> = {
  MLENV_PRUNE_GRACE: {
    says: 'a duration, such as 10m',
    write: (text) => ({ pruneGrace: text }),
  },
  MLENV_SUBNETS: {
    says: 'an IPv4 range and the prefix that each project gets of it, such as 10.213.0.0/16:26',
    write: (text) => {
      const [, range, prefix] = /^([^:]+):([0-9]{1,2})$/.exec(text) ?? [];
      return range === undefined
        ? null
        : { 'subnets.range': range, 'subnets.prefix': Number(prefix) };
    },
  },
  MLENV_AUTO_PORTS: {
    says: 'two ports, such as 20000-29999',
    write: (text) => ({ autoPorts: text }),
  },
  MLENV_NVIDIA_SMI: {
    says: 'the name or path of nvidia-smi, or none',
    write: (text) => ({ 'gpu.nvidiaSmi': text }),
  },
  MLENV_GPU_INJECTION: {
    says: 'auto, device-request, cdi, runtime or none',
    write: (text) => ({ 'gpu.injection': text }),
  },
  MLENV_GPU_EXCLUDE: {
    says: 'indexes or uuids parted by commas, such as 0,3',
    write: (text) => ({ 'gpu.exclude': devices(text) }),
  },
  MLENV_GPU_SHARED: {
    says: 'cards and how many may share each, such as 6,7:4',
    write: (text) => {
      const [, gpus, slots] = /^([^:]+):([0-9]{1,2})$/.exec(text) ?? [];
      return gpus === undefined
        ? null
        : { 'gpu.shared': [{ gpus: devices(gpus), slots: Number(slots) }] };
    },
  },
  MLENV_QUEUE: {
    says: 'strict, or best-effort with the wait after which cards are kept, such as best-effort:10m',
    write: (text) => {
      const [, order, wait] = /^(strict|best-effort)(?::(.+))?$/.exec(text) ?? [];
      if (order === undefined || (order === 'strict' && wait !== undefined)) return null;
      return { 'queue.order': order, ...(wait !== undefined && { 'queue.reserveAfter': wait }) };
    },
  },
  MLENV_HOST_GATE: {
    says: 'on or off',
    write: (text) => {
      if (text === 'on') return {};
      return text === 'off' ? allOff : null;
    },
  },
};

const devices = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

const allOff: Written = {
  'host.memory': 'off',
  'host.cpu': 'off',
  'host.load': 'off',
  'host.freeMemory': 'off',
  'host.freeDisk': 'off',
};
