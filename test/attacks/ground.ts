import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StatusList } from '../../controller/model/status.ts';
import { dockerHand } from '../support/docker-hand.ts';
import { startDockerd } from '../support/dockerd.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
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
  const proxy = await startFaultProxy(dockerd.socket);
  const cleanup = async (): Promise<void> => {
    await proxy.close();
    await dockerd.cleanup();
    await machine.cleanup();
  };
  try {
    await buildStandIn({ host: dockerd.host, refs: [image] });
    await machine.controller(proxy.host);
  } catch (error) {
    await cleanup();
    throw error;
  }
  return {
    machine,
    dockerd,
    docker: dockerHand(dockerd.host),
    proxy,
    image,
    data,
    treasure,
    cleanup,
  };
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
    waits = true,
  }: {
    readonly folder: string;
    readonly environments: Readonly<Record<string, object>>;
    /** A line of sh in the new folder, before `up`. */
    readonly prepare?: string;
    /** false: `up` only asks, and `toRest` says what became of it. */
    readonly waits?: boolean;
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
  return {
    path,
    up: await machine.mlenv(who, ['up', ...(waits ? ['--timeout', '30s'] : ['--no-wait']), path]),
    remove: async () => {
      await machine.mlenv(who, ['rm', '--volumes', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
};

/** `up`, and then what became of it, once each environment has ended or is held; `up` itself waits for a cure. */
export const upToRest = async (
  machine: SharedMachine,
  who: string,
  path: string,
): Promise<string> => {
  const up = told(await machine.mlenv(who, ['up', '--no-wait', path]));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const status = await machine.mlenv(who, ['status', path, '-o', 'json']);
    const items = status.code === 0 ? (JSON.parse(status.stdout) as StatusList).items : [];
    const text = `${up}\n${items.map(({ environment, reason, message }) => `${environment} ${reason} ${message}`).join('\n')}`;
    const isRest = items.length > 0 && items.every(({ reason }) => atRest.has(reason));
    if (isRest || Date.now() > deadline) return text;
    await setTimeout(200);
  }
};

const atRest = new Set([
  'Completed',
  'Failed',
  'Running',
  'Healthy',
  'PolicyRefused',
  'PayloadMismatch',
  'MountSourceChanged',
  'BackOff',
  'SecretMissing',
]);

export const shell = async (machine: SharedMachine, who: string, line: string): Promise<string> =>
  told(await machine.shell(who, line));
