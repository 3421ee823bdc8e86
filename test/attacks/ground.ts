import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerHand } from '../support/docker-hand.ts';
import { startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';
import type { Outcome } from '../support/mlenv.ts';
import { createSharedMachine, type SharedMachine } from '../support/shared-machine.ts';
import { people, type Ground } from './attack.ts';

const image = 'mlenv.test/attacks:1';

/** The system's instance, by root, with the policy of a fresh installation and one mount root. */
export const makeGround = async (): Promise<Ground & { cleanup(): Promise<void> }> => {
  const machine = await createSharedMachine({
    people,
    config: (homes) => ({
      apiVersion: 'mlenv/v1',
      people: { roots: [homes] },
      mountRoots: [{ path: dataBeside(homes) }],
    }),
  });
  const data = dataBeside(machine.homes);
  mkdirSync(data);
  chmodSync(data, 0o755);
  for (const { name, uid } of people) {
    mkdirSync(join(data, name));
    chownSync(join(data, name), uid, uid);
    chmodSync(join(data, name), 0o700);
  }
  const treasure = { path: join(data, '..', 'treasure'), text: 'treasure-of-root-5d1c' };
  writeFileSync(treasure.path, treasure.text, { mode: 0o600 });
  const dockerd = await startDockerd({ name: 'mlenv-attacks', mounts: machine.mounts });
  const cleanup = async (): Promise<void> => {
    await dockerd.cleanup();
    await machine.cleanup();
  };
  try {
    await buildStandIn({ host: dockerd.host, refs: [image] });
    await machine.controller(dockerd.host);
  } catch (error) {
    await cleanup();
    throw error;
  }
  return { machine, dockerd, docker: dockerHand(dockerd.host), image, data, treasure, cleanup };
};

const dataBeside = (homes: string): string => join(homes, '..', 'data');

/** Both streams, and the exit code before them. */
export const told = ({ code, stdout, stderr }: Outcome): string =>
  `exit ${code ?? 'none'}\n${stdout}${stderr}`.trim();

/** `mlenv up` of a new project of this person's, with a container for each environment that may run. */
export const tryProject = async (
  { machine, image: any }: Ground,
  who: string,
  {
    folder,
    environments,
    prepare = '',
  }: {
    readonly folder: string;
    readonly environments: Readonly<Record<string, object>>;
    /** A line of sh in the new folder, before `up`. */
    readonly prepare?: string;
  },
): Promise<{ readonly path: string; readonly up: Outcome; remove(): Promise<void> }> => {
  const path = machine.project(who, join(machine.home(who), folder), {
    environments: Object.fromEntries(
      Object.entries(environments).map(([name, wish]) => [
        name,
        { image: any, stopGrace: '1s', restart: 'never', ...wish },
      ]),
    ),
  });
  if (prepare !== '') await machine.shell(who, prepare, path);
  const up = await machine.mlenv(who, ['up', '--timeout', '30s', path]);
  return {
    path,
    up,
    remove: async () => void (await machine.mlenv(who, ['rm', '--volumes', path])),
  };
};

export const shell = async (machine: SharedMachine, who: string, line: string): Promise<string> =>
  told(await machine.shell(who, line));
