import { isAbsolute, join } from 'node:path';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';
import { ownHostConfig } from '../../controller/model/own-config.ts';
import type { Diagnostic } from '../../controller/model/diagnostic.ts';
import type { Code } from '../codes.ts';
import type { Fault } from '../fault.ts';
import { parseSpec } from '../parse.ts';
import { placeFaults } from '../place.ts';
import { lineAt, type Source } from '../point.ts';
import { spanOf, toValue, type MapTree } from '../tree.ts';
import { validateConfig } from '../validate.ts';
import { resolveValues, type Own } from './resolve.ts';
import type { ConfigFile } from './types.generated.ts';
import { configLeaves } from './leaves.ts';
import { valuesOf, valuesOfFile, type ConfigValues } from './values.ts';
import { inVariable, readVariables, type Env, type VariablesRead } from './variables.ts';

export type HostConfigRead =
  | {
      readonly ok: true;
      readonly config: HostConfig;
      /** Of each leaf: `built in`, `/etc/mlenv/config.yaml:7` or `MLENV_PRUNE_GRACE`. */
      readonly origins: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * What is built in, the file laid over it, the variables laid over both; or every fault at once, those
 * of the file first. Never throws, whatever the bytes are. `text` null: there is no file.
 */
export const readHostConfig = ({
  text,
  file,
  env,
  home = null,
  own: instance = false,
}: {
  readonly text: Uint8Array | null;
  /** How diagnostics and origins name it. */
  readonly file: string;
  readonly env: Env;
  /** What ~ stands for; null: for nothing. */
  readonly home?: string | null;
  /** For a user's own instance, which has defaults of its own. */
  readonly own?: boolean;
}): HostConfigRead => {
  const own = { folders: ownFolders(env), home, instance };
  const builtIn = builtInFor(own, env);
  const said = text === null ? nothing : readText(text, { file, own, builtIn });
  const set = readVariables(env);
  const diagnostics = [...said.diagnostics, ...set.diagnostics];
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return together(said, set, { own, builtIn });
};

interface Base {
  readonly own: Own;
  readonly builtIn: ConfigValues;
}

interface FileRead {
  readonly values: Partial<ConfigValues>;
  readonly place: { readonly root: MapTree; readonly source: Source } | null;
  readonly diagnostics: readonly Diagnostic[];
}

const nothing: FileRead = { values: {}, place: null, diagnostics: [] };

/** The file by itself: a variable that stands above a faulty value does not mend it. */
const readText = (
  bytes: Uint8Array,
  { file, ...base }: Base & { readonly file: string },
): FileRead => {
  const parsed = parseSpec(bytes, file);
  if (!parsed.ok) return { ...nothing, diagnostics: parsed.diagnostics.map(inWordsOfConfig) };
  const { root, source } = parsed;
  const value = toValue(root);
  const faults = [...validateConfig(value)];
  const values = faults.length === 0 ? valuesOfFile(value as ConfigFile) : {};
  const all = { ...base.builtIn, ...values };
  resolveValues(all, (one) => faults.push(blaming(one, values)), base.own);
  return { values, place: { root, source }, diagnostics: placeFaults(faults, root, source) };
};

/** Faults that are left now lie between a variable and the rest. */
const together = (said: FileRead, set: VariablesRead, { own, builtIn }: Base): HostConfigRead => {
  const faults: Fault[] = [];
  const values = { ...builtIn, ...said.values, ...set.values };
  const config = resolveValues(values, (one) => faults.push(blaming(one, set.values)), own);
  if (faults.length === 0) return { ok: true, config, origins: originsOf(said, set) };
  return {
    ok: false,
    diagnostics: faults.flatMap((one) => {
      const variable =
        set.setBy.get(one.path.slice(0, 2).join('.')) ?? set.setBy.get(`${one.path[0]}`);
      if (variable !== undefined) return [inVariable(variable, one)];
      // The file alone was in order: what it says does not go with a variable.
      return said.place === null ? [] : placeFaults([one], said.place.root, said.place.source);
    }),
  };
};

const originsOf = (said: FileRead, set: VariablesRead): Readonly<Record<string, string>> =>
  Object.fromEntries(
    configLeaves.map((leaf) => {
      const variable = set.setBy.get(leaf);
      if (variable !== undefined) return [leaf, variable.name];
      if (said.place === null || said.values[leaf] === undefined) return [leaf, 'built in'];
      const { root, source } = said.place;
      const { start } = spanOf(root, leaf.split('.'), 'key');
      return [leaf, `${source.file}:${lineAt(source, start) + 1}`];
    }),
  );

/** A prefix that nobody wrote does not fit because of the range that somebody did. */
const blaming = (one: Fault, written: Partial<ConfigValues>): Fault =>
  one.path.join('.') === 'subnets.prefix' && written['subnets.prefix'] === undefined
    ? { ...one, path: ['subnets', 'range'] }
    : one;

const builtInFor = ({ instance }: Own, env: Env): ConfigValues => {
  if (!instance) return machines;
  return { ...users, ...(env['MLENV_HOST_GATE'] === 'on' && hostValues(machines)) };
};

const machines = valuesOf(defaultHostConfig);
const users = valuesOf(ownHostConfig);

const hostValues = (values: ConfigValues): Partial<ConfigValues> =>
  Object.fromEntries(Object.entries(values).filter(([leaf]) => leaf.startsWith('host.')));

/** Where the state lies that no project may see: as the environment says, or a user's usual place. */
const ownFolders = (env: Env): readonly string[] =>
  [env['MLENV_STATE_DIR'] ?? '', join(env['HOME'] ?? '', '.mlenv')].filter(isAbsolute);

/** What the parser advises is meant for a project. */
const inWordsOfConfig = (one: Diagnostic): Diagnostic => ({
  ...one,
  hint: hints[one.code as Code] ?? one.hint,
});

const hints: { readonly [code in Code]?: string } = {
  E_EMPTY: 'begin with: apiVersion: mlenv/v1',
  E_FILE_SIZE: 'shorten it',
  E_TOO_MANY_KEYS: 'shorten it',
  E_MULTIPLE_DOCUMENTS: 'keep one of them',
  E_ANCHOR: 'write the value out',
  E_ALIAS: 'write the value out',
  E_MERGE_KEY: 'write the fields out',
};
