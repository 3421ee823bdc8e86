import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../schema/files.ts';

/** One statement of the database document, as printed. */
export interface Sample {
  /** The heading above it. */
  readonly heading: string;
  /** The comment before it; '' where there is none. */
  readonly title: string;
  readonly sql: string;
  readonly kind: 'schema' | 'sample' | 'bad example';
}

export const documentFile = join(packageFolder(), 'test/fixtures/database-design.md');

/** Every statement in a ```sql block, and in the shell's here-documents with its variables filled in. */
export const documentSamples = (shell: Readonly<Record<string, string>>): readonly Sample[] => {
  const samples: Sample[] = [];
  let heading = '';
  let language: string | null = null;
  let lines: string[] = [];
  for (const line of readFileSync(documentFile, 'utf8').split('\n')) {
    if (language === null) {
      if (line.startsWith('#')) heading = line.replace(/^#+\s*/, '');
      if (line.startsWith('```')) language = line.slice(3);
      continue;
    }
    if (line !== '```') {
      lines.push(line);
      continue;
    }
    const text = language === 'sql' ? lines.join('\n') : hereDocuments(lines.join('\n'), shell);
    if (language === 'sql' || language === 'bash') samples.push(...statements(heading, text));
    language = null;
    lines = [];
  }
  return samples;
};

const hereDocuments = (text: string, shell: Readonly<Record<string, string>>): string =>
  [...text.matchAll(/<<SQL\n([\s\S]*?)\nSQL/g)]
    .map(([, body = '']) => body.replaceAll(/\$(\w+)/g, (_, name: string) => shell[name] ?? ''))
    .join('\n');

const statements = (heading: string, text: string): Sample[] => {
  const found: Sample[] = [];
  let title = '';
  let sql = '';
  for (const line of text.split('\n')) {
    if (sql === '' && line.startsWith('--')) {
      title = line.replace(/^--\s*/, '');
      continue;
    }
    if (sql === '' && line.trim() === '') continue;
    sql += sql === '' ? line : `\n${line}`;
    if (!line.replace(/--.*/, '').trimEnd().endsWith(';')) continue;
    found.push({ heading, title, sql, kind: kindOf(sql, title) });
    title = '';
    sql = '';
  }
  if (sql !== '') throw new Error(`no end of statement: ${sql}`);
  return found;
};

const kindOf = (sql: string, title: string): Sample['kind'] =>
  /^(CREATE|ALTER)/.test(sql) ? 'schema' : title.includes('BAD') ? 'bad example' : 'sample';
