import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type SchemaName = `${string}.schema.json`;

/** The parsed schema. Throws only where the installation lacks the file. */
export const readSchema = (name: SchemaName): unknown =>
  JSON.parse(readFileSync(schemaPath(name), 'utf8'));

export const schemaPath = (name: SchemaName): string => join(packageFolder(), 'schema', name);

/** The catalogue of images that stands in until one is read. Throws only where the installation lacks the file. */
export const starterCatalogue = (): unknown =>
  JSON.parse(readFileSync(join(packageFolder(), 'schema', 'starter-catalogue.json'), 'utf8'));

/** Where the numbered `*.sql` files lie. */
export const migrationsFolder = (): string => join(packageFolder(), 'schema', 'sqlite');

/** The unit of the service that the package brings. Throws only where the installation lacks the file. */
export const unitFile = (scope: 'system' | 'user'): string => {
  const name = scope === 'system' ? 'mlenv.service' : 'mlenv-user.service';
  return readFileSync(join(packageFolder(), 'docs', 'systemd', name), 'utf8');
};

export const packageVersion = (): string => {
  const parsed = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return parsed.version;
};

/** The folder with MLEnv's own package.json: the same from the sources and from `dist/`. */
export const packageFolder = (): string => {
  found ??= findPackage(dirname(fileURLToPath(import.meta.url)));
  return found;
};

let found: string | undefined;

const findPackage = (start: string): string => {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && isMlenv(file)) return folder;
    if (folder === dirname(folder)) throw new Error(`MLEnv's package.json is not above ${start}`);
  }
};

const isMlenv = (file: string): boolean => {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return (
    typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === 'mlenv'
  );
};
