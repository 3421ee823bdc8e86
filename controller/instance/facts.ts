import { existsSync } from 'node:fs';
import { gatherFacts } from '../cli/doctor-facts.ts';
import { connectEngine } from '../docker/connect.ts';
import { systemClock } from '../loop/clock.ts';
import { acquireLock } from '../loop/lock.ts';
import { defaultHostConfig } from '../model/config.ts';
import { failed } from '../model/failure.ts';
import type { HostHold } from '../model/freeze.ts';
import type { GpuInventory } from '../model/gpu.ts';
import { createNvidiaSmi } from '../observe/gpu/nvidia-smi.ts';
import { describeHost } from '../observe/host.ts';
import { holdsOfHost } from '../reconcile/freeze.ts';
import { systemRunDir } from '../report/socket-location.ts';
import { databaseFile } from '../store/location.ts';
import { readConfig } from './config.ts';
import { holderText, lockName, parsed } from './engine-lock.ts';
import { hostOf, placeOf } from './place.ts';
import { secretsRoot } from './secrets.ts';
import { openStateToRead } from './state.ts';
import { timeText } from './time-text.ts';

/** What `mlenv doctor` judges. */
export const facts = async (env: NodeJS.ProcessEnv, given: string | null) => {
  const place = placeOf(env);
  const host = safely(() => hostOf(env, given));
  const connected =
    host === null
      ? failed('terminal', 'no Docker Engine found: neither DOCKER_HOST nor /var/run/docker.sock')
      : await connectEngine({ host });
  const engine = connected.ok ? await connected.value.reader.info() : connected;
  const lock = engine.ok
    ? await acquireLock({ name: lockName(engine.value), holder: 'mlenv doctor' })
    : null;
  if (lock?.kind === 'held') await lock.release();
  if (connected.ok) connected.value.close();
  return gatherFacts({
    engine,
    host: await describeHost(),
    secrets: await secretsRoot({ ...place, systemRunDir }),
    socketPath: host?.startsWith('unix://') === true ? host.slice('unix://'.length) : null,
    stateDir: place.stateDir,
    uid: place.uid,
    gpus: await gpusOf(env, place.uid),
    hostHolds: hostHolds(place.stateDir),
    lockHolder: lock?.kind === 'taken' ? holderText(lock.holder) : null,
    lockIsOurs: lock?.kind === 'taken' && parsed(lock.holder)?.stateDir === place.stateDir,
    runcVersion: engine.ok ? engine.value.runcVersion : null,
  });
};

/** By the record, which is there without a controller too. One that cannot be read is told of elsewhere. */
const hostHolds = (stateDir: string): readonly HostHold[] => {
  if (!existsSync(databaseFile(stateDir))) return [];
  const clock = systemClock();
  const state = safely(() => openStateToRead(stateDir, clock.now()));
  if (state === null) return [];
  try {
    return holdsOfHost({ store: state.store, clock, timeText });
  } finally {
    state.close();
  }
};

/** A look of its own, as no controller may run. */
const gpusOf = async (env: NodeJS.ProcessEnv, uid: number): Promise<GpuInventory | null> => {
  const config = await readConfig({ env, uid, given: null }).catch(() => null);
  const { nvidiaSmi: program, timeoutMs } = (config?.current() ?? defaultHostConfig).gpu;
  if (program === null) return null;
  const provider = createNvidiaSmi({
    program,
    timeoutMs: () => timeoutMs,
    now: Date.now,
    userOf: () => null,
  });
  return provider.inventory();
};

const safely = <T>(run: () => T): T | null => {
  try {
    return run();
  } catch {
    return null;
  }
};
