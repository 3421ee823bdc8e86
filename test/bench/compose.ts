import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, timedRun } from './command.ts';

/** How Docker Compose 2 is called on this machine; null where it is not there. */
export async function findCompose(): Promise<readonly string[] | null> {
  for (const argv of [['docker', 'compose'], ['docker-compose']]) {
    const version = await run({ argv: [...argv, 'version', '--short'], cwd: '.' }).catch(() => '');
    if (/^v?[2-9]/.test(version)) return argv;
  }
  return null;
}

export interface ComposeTimes {
  readonly upMs: number;
  readonly againMs: number;
  readonly removalMs: number;
}

/** The same containers as services of one compose file. */
export async function composeRound(options: {
  readonly compose: readonly string[];
  readonly folder: string;
  readonly host: string;
  readonly services: Readonly<Record<string, object>>;
}): Promise<ComposeTimes> {
  const { compose, folder, host } = options;
  const services = Object.fromEntries(
    Object.entries(options.services).map(([name, service]) => [name, { ...service, init: true }]),
  );
  writeFileSync(join(folder, 'compose.yaml'), JSON.stringify({ name: 'bench', services }));
  const timed = (...words: readonly string[]): Promise<number> =>
    timedRun({ argv: [...compose, ...words], cwd: folder, env: { DOCKER_HOST: host } });
  return {
    upMs: await timed('up', '--detach', '--quiet-pull'),
    againMs: await timed('up', '--detach', '--quiet-pull'),
    removalMs: await timed('down', '--volumes', '--timeout', '10'),
  };
}
