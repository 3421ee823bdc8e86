import { homedir } from 'node:os';
import { resolve } from 'node:path';
import {
  configLeaves,
  configPlace,
  readHostConfigFile,
  valuesOf,
  type ConfigPlace,
} from '../../../specs/config/index.ts';
import { formatDiagnostic, nodeSpecFiles } from '../../../specs/index.ts';
import { ApiError } from '../../model/api.ts';
import { note, say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

export interface ConfigShowOptions {
  readonly output: 'text' | 'json';
}

/** As this process, in its environment, would read it. */
export const show = async (context: Context, options: ConfigShowOptions): Promise<number> => {
  const place = placeOf(context);
  const read = await readHostConfigFile({ place, env: context.io.env, files: nodeSpecFiles() });
  if (!read.ok)
    throw new ApiError(
      'invalid-spec',
      `the configuration ${place.file} cannot be used`,
      read.diagnostics,
    );
  const values = valuesOf(read.config);
  const rows = configLeaves.map((leaf) => ({
    name: leaf,
    value: values[leaf],
    origin: read.origins[leaf] ?? '',
  }));
  if (options.output === 'json') {
    const { file } = place;
    sayJson(context, { apiVersion: 'mlenv/v1', file, found: read.found, values: rows });
    return exitCode.done;
  }
  const { renderTable } = await import('../../report/table.ts');
  const { stripControls } = await import('../../report/text.ts');
  const cells = rows.map(({ name, value, origin }) => [name, textOf(value), origin]);
  context.io.stdout.write(
    renderTable(
      ['FIELD', 'VALUE', 'FROM'],
      cells.map((row) => row.map(stripControls)),
    ),
  );
  if (!read.found) note(context, `There is no ${place.file}.`);
  return exitCode.done;
};

/** The file by itself, whatever the environment says. */
export const check = async (context: Context, file: string | undefined): Promise<number> => {
  const usual = placeOf(context);
  const place =
    file === undefined ? usual : { ...usual, file: resolve(context.io.cwd, file), required: true };
  const shown = file ?? place.file;
  const read = await readHostConfigFile({ place, shown, env: {}, files: nodeSpecFiles() });
  if (read.ok) {
    say(context, read.found ? `${shown}: valid` : `${shown}: not there, which is valid`);
    return exitCode.done;
  }
  if (!read.found) throw new ApiError('usage', `there is no ${shown}`);
  for (const each of read.diagnostics) say(context, `${formatDiagnostic(each)}\n`);
  return exitCode.invalidSpec;
};

const placeOf = ({ io, config }: Context): ConfigPlace =>
  configPlace({
    env: io.env,
    uid: io.uid,
    home: io.env['HOME'] ?? homedir(),
    given: config,
  });

/** As it would stand in the file. */
const textOf = (value: unknown): string => {
  if (value === null) return '-';
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, one]) => `${name}: ${textOf(one)}`);
  if (fields.length === 0) return '{}';
  return `{ ${fields.join(', ')} }`;
};
