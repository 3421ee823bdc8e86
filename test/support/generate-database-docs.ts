import type { Database } from 'better-sqlite3';
import { readMigrations } from '../../controller/store/migrate.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { documentStatus, phases } from '../../controller/model/phase.ts';
import { documentSamples } from '../store/document.ts';
import type { Sample } from '../store/document.ts';
import { fillDocumentTables, fillRecordTables } from '../store/fill.ts';
import { answerText } from './answer-text.ts';
import { purposes } from './database-purposes.ts';

const now = '2026-03-01 12:00:00';

/** The text of docs/database.md, from an open and empty record, which is filled for the examples. */
export const databaseDocs = (db: Database): string => {
  const parts = [
    introduction,
    `## Status\n\n${statusTable()}`,
    `## Tables\n\n${names(db, 'table')
      .map((table) => tableText(db, table))
      .join('\n\n')}`,
    `## Views\n\n${names(db, 'view')
      .map((view) => viewText(db, view))
      .join('\n\n')}`,
    `## Triggers\n\n${triggerList(db)}`,
    `## Sample queries\n\n${samplesIntroduction}\n\n${samplesText(db)}`,
  ];
  return `${parts.join('\n\n')}\n`;
};

const introduction = `# Database

<!-- Generated from schema/sqlite/ and a database that was made from it. Change those, then run the tests with UPDATE=1. -->

MLEnv keeps its record in one SQLite file: \`/var/mlenv/state/mlenv.db\` for the system instance, \`~/.mlenv/state/mlenv.db\` for a user's own, and \`$MLENV_STATE_DIR/mlenv.db\` above both. The folder has mode 0700 and the file 0600. Network file systems are refused. Containers carry labels that are enough to rebuild the record, so a lost or damaged file stops nothing that runs; a damaged one is renamed and never deleted.

- **Times.** A \`DATETIME\` is UTC text \`YYYY-MM-DD HH:MM:SS\`, which compares rightly with \`datetime('now')\`; a check refuses anything else. Columns that end in \`_ms\` are milliseconds since the epoch.
- **Units.** \`_gb\` is units of 2^30 bytes, \`_mb\` of 2^20. CPU is percent with 100 for one core, limits are in cores.
- **Names.** A container name may stand in many rows, one of which is not \`deleted\`. Looking a name up finds that one, or else the newest.
- **Quotas.** \`max_*\` may be written by hand; NULL is no limit. \`current_*\` is derived from \`container_instances\` in the same transaction: containers count until they are deleted, cores, memory and GPUs while the container is created or running. A counter written by hand is corrected by the next pass.
- **Writing.** MLEnv writes in WAL mode with \`synchronous=FULL\` and updates rows in place. \`INSERT OR REPLACE\` works too; it makes a new row, and what it does not name is lost until MLEnv looks at the container again.
- **Versions.** \`PRAGMA user_version\` is the number of the newest migration in \`schema/sqlite/\`. Before a migration the file is copied to \`backups/\` beside it. A newer database is refused and left as it is.

\`sqlite3 -readonly mlenv.db\` is safe while MLEnv runs. \`cp mlenv.db\` is not: \`mlenv db backup FILE\` makes a copy that is whole ([upkeep.md](upkeep.md#backups)).`;

const samplesIntroduction = `Every answer below is real: the tables were filled with a few rows, and the clock stood at ${now}. Columns that are NULL are left out where a row is shown line by line.`;

const statusTable = (): string =>
  table(
    ['Phase', '`container_instances.status`'],
    phases.map((phase) => [`\`${phase}\``, documentStatus[phase] ?? '(the last one stays)']),
  );

const tableText = (db: Database, name: string): string => {
  const sql = schemaSql(db, name);
  const columns = db.pragma(`table_info(${name})`) as readonly ColumnInfo[];
  const rows = columns.map((column) => [
    `\`${column.name}\``,
    column.type,
    column.notnull === 1 || column.pk > 0 ? '' : 'yes',
    column.dflt_value === null ? '' : `\`${column.dflt_value}\``,
    meaning(`${sql}\n${added(name)}`, column.name),
  ]);
  return [
    `### ${name}`,
    purpose(name),
    table(['Column', 'Type', 'NULL', 'Default', 'Meaning'], rows),
    indexList(db, name),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
}

/** Columns that later migrations added: SQLite keeps their definition, and not the comment behind it. */
const added = (table: string): string =>
  readMigrations(migrationsFolder())
    .flatMap(({ sql }) => [
      ...sql.matchAll(new RegExp(`^ALTER TABLE ${table} ADD COLUMN (.*)$`, 'gm')),
    ])
    .map(([, definition = '']) => definition)
    .join('\n');

/** The comment behind the column in the schema. */
const meaning = (sql: string, column: string): string => {
  const found = new RegExp(`^\\s*${column} [A-Z].*-- (.*)$`, 'm').exec(sql)?.[1];
  if (found === undefined) throw new Error(`no comment behind ${column} in ${sql}`);
  return found;
};

const purpose = (name: string): string => {
  const text = purposes[name];
  if (text === undefined) throw new Error(`no purpose is written for ${name}`);
  return text;
};

const indexList = (db: Database, name: string): string =>
  db
    .prepare<[string], { readonly sql: string }>(
      `SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL
       ORDER BY name`,
    )
    .all(name)
    .map(({ sql }) => `- \`${sql.replace(/^CREATE /, '').replaceAll(/\s+/g, ' ')}\``)
    .join('\n');

const viewText = (db: Database, name: string): string =>
  `### ${name}\n\n${purpose(name)}\n\n\`\`\`sql\n${schemaSql(db, name)};\n\`\`\``;

const triggerList = (db: Database): string =>
  names(db, 'trigger')
    .map((name) => `- \`${name}\`: ${purpose(name)}`)
    .join('\n');

const samplesText = (db: Database): string => {
  fillDocumentTables(db, now);
  fillRecordTables(db, Date.parse(`${now}Z`));
  // A view that is temporary stands before one of the same name.
  for (const view of names(db, 'view'))
    db.exec(atFixedTime(schemaSql(db, view)).replace('CREATE VIEW', 'CREATE TEMP VIEW'));
  const shell = {
    container_id: 'abc123',
    container_name: 'mlenv-project-abc123',
    image: 'pytorch:24.05-py3',
    project_path: '/home/user/project',
    status: 'running',
  };
  const samples = documentSamples(shell).filter(({ kind }) => kind !== 'schema');
  const all = [...samples, ...ownSamples];
  return [...new Set(all.map(({ heading }) => heading))]
    .map((heading) => {
      const some = all.filter((sample) => sample.heading === heading);
      return `### ${heading.replace(/^\d+\. /, '')}\n\n${some.map((one) => sampleText(db, one)).join('\n\n')}`;
    })
    .join('\n\n');
};

const sampleText = (db: Database, { title, sql, kind }: Sample): string => {
  db.exec('SAVEPOINT sample');
  const answer = answerText(db.prepare(atFixedTime(sql)));
  db.exec('ROLLBACK TO sample; RELEASE sample');
  const note = kind === 'bad example' ? ' (reads every row)' : '';
  const head = title === '' ? '' : `${title.replace(/^[✅❌] /, '')}${note}:\n\n`;
  return `${head}\`\`\`sql\n${sql}\n\`\`\`\n\n\`\`\`text\n${answer}\n\`\`\``;
};

const atFixedTime = (sql: string): string => sql.replaceAll(`datetime('now'`, `datetime('${now}'`);

const ownSamples: readonly Sample[] = [
  {
    title: 'What each environment does, and why',
    sql: `SELECT p.name AS project, e.environment, e.phase, e.reason, e.message
FROM environments e JOIN projects p ON p.id = e.project_id;`,
  },
  {
    title: 'Who holds a port of the host',
    sql: `SELECT p.path, l.environment, l.container_port
FROM port_leases l JOIN projects p ON p.id = l.project_id
WHERE l.host_port = 8888;`,
  },
  {
    title: 'What happened last',
    sql: `SELECT datetime(at_ms / 1000, 'unixepoch') AS at, type, reason, message, count
FROM events
ORDER BY at_ms DESC
LIMIT 5;`,
  },
].map((sample) => ({ ...sample, heading: "The reconciler's tables", kind: 'sample' }));

const names = (db: Database, type: 'table' | 'view' | 'trigger'): readonly string[] =>
  db
    .prepare<[string], { readonly name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY rowid`,
    )
    .all(type)
    .map(({ name }) => name);

const schemaSql = (db: Database, name: string): string =>
  db
    .prepare<[string], { readonly sql: string }>('SELECT sql FROM sqlite_schema WHERE name = ?')
    .get(name)?.sql ?? '';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
