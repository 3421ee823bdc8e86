import { resolve } from 'node:path';
import type { RecordCare, RecordCheck } from '../../model/record-care.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { say, sayJson, type Context } from '../context.ts';
import { csvLine } from '../csv.ts';
import { exitCode } from '../exit-codes.ts';

export interface DbOutput {
  readonly output: 'text' | 'json';
}

export interface DbSyncOptions extends DbOutput {
  readonly check: boolean;
}

export interface DbPruneOptions {
  readonly dryRun?: boolean;
}

export interface DbExportOptions {
  readonly output: 'csv' | 'json';
}

export const check = async (context: Context, options: DbOutput): Promise<number> => {
  const found = await (await careOf(context)).check();
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...found });
  else say(context, checkText(found));
  return found.faults.length === 0 ? exitCode.done : exitCode.failed;
};

export const sync = async (context: Context, options: DbSyncOptions): Promise<number> => {
  const items = await (await careOf(context)).differences();
  if (options.output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', items });
  else if (items.length === 0) say(context, 'The record is what the engine has.');
  else {
    const rows = items.map(({ what, difference }) => [oneLine(what), oneLine(difference)]);
    say(context, renderTable(['WHAT', 'DIFFERENCE'], rows).trimEnd());
  }
  return items.length === 0 ? exitCode.done : exitCode.failed;
};

export const backup = async (context: Context, file: string | undefined): Promise<number> => {
  const given = file === undefined ? null : resolve(context.io.cwd, file);
  say(context, await (await careOf(context)).backup(given));
  return exitCode.done;
};

export const restore = async (context: Context, file: string): Promise<number> => {
  const aside = await (await careOf(context)).restore(resolve(context.io.cwd, file));
  say(
    context,
    `${aside === null ? 'There was no record before it.' : `The record before it lies at ${aside}.`}
The next controller settles it with what runs: that goes on, and all else waits as Rebuilt until mlenv up.`,
  );
  return exitCode.done;
};

export const prune = async (
  context: Context,
  { dryRun = false }: DbPruneOptions,
): Promise<number> => {
  const found = await (await careOf(context)).prune({ dryRun });
  const rows = found.map(({ table, rows: count }) => [table, String(count)]);
  say(context, renderTable(['KIND', dryRun ? 'WOULD GO' : 'GONE'], rows).trimEnd());
  return exitCode.done;
};

export const vacuum = async (context: Context): Promise<number> => {
  const { kind, bytesBefore, bytesAfter } = await (await careOf(context)).vacuum();
  const { formatSize } = await import('../../../specs/units.ts');
  say(
    context,
    `${kind === 'whole' ? 'The record was written anew' : 'Free pages were given back beside the controller'}: ${formatSize(bytesBefore)} before, ${formatSize(bytesAfter)} now.`,
  );
  return exitCode.done;
};

export const exportTable = async (
  context: Context,
  table: string,
  { output }: DbExportOptions,
): Promise<number> => {
  const { columns, rows } = await (await careOf(context)).rows(table);
  const { stdout } = context.io;
  if (output === 'csv') {
    stdout.write(csvLine(columns));
    for (const row of rows) stdout.write(csvLine(row));
    return exitCode.done;
  }
  let before = '[\n';
  for (const row of rows) {
    stdout.write(
      before + JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, row[at]]))),
    );
    before = ',\n';
  }
  stdout.write(before === '[\n' ? '[]\n' : '\n]\n');
  return exitCode.done;
};

const careOf = ({ ports, host, config }: Context): Promise<RecordCare> =>
  ports.record({ host, config });

const checkText = (found: RecordCheck): string => {
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const rows = found.tables
    .filter(({ rows: count }) => count > 0)
    .map(({ table, rows: count, oldest }) => [table, String(count), oldest ?? '-']);
  return [
    `${found.file}: ${found.faults.length === 0 ? 'whole' : 'FAULTY'}`,
    ...found.faults.map((fault) => `  ${oneLine(fault)}`),
    `schema ${found.schemaVersion}${found.schemaVersion === found.newestVersion ? '' : `, this MLEnv brings ${found.newestVersion}`}`,
    `${megabytes(found.bytes)}, of which ${megabytes(found.freeBytes)} are free; WAL ${megabytes(found.walBytes)}${found.freeDiskBytes === null ? '' : `; ${megabytes(found.freeDiskBytes)} free on the disk`}`,
    found.backups[0] === undefined
      ? 'no backup'
      : `${found.backups.length} backups, the newest ${found.backups[0]}`,
    '',
    renderTable(['TABLE', 'ROWS', 'OLDEST'], rows).trimEnd(),
  ].join('\n');
};
