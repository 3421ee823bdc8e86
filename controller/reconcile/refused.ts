import type { Outcome } from '../loop/outcome.ts';
import type { Failure } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { startFaultOf, type StartFailure } from '../model/start-fault.ts';
import type { Step } from '../model/step.ts';
import { restartDelayMs } from '../plan/restart.ts';
import { failedAgain, givesUp } from '../plan/start-failure.ts';
import type { Deps } from './deps.ts';
import { fault, tell, type Stepped } from './tell.ts';
import { noteEnvironment } from './trouble.ts';

/** The engine answered in words of its own, and not that the container or its image is gone, or its name taken. */
export const isRefusal = (step: Step, { kind, status }: Failure): boolean =>
  status !== null &&
  ((step.kind === 'start' && kind !== 'absent') ||
    (step.kind === 'create' && (kind === 'terminal' || kind === 'retry')));

/** What was refused is in the database with its words, and what follows from it is for the next pass to decide. */
export const afterRefusal = (deps: Deps, stepped: Stepped, failure: Failure): Outcome => {
  const { step, input } = stepped;
  const { record } = input;
  const { message } = failure;
  const containerId = step.kind === 'start' ? step.containerId : null;
  const reason = step.kind === 'start' ? 'StartFailed' : 'CreateRefused';
  const at = deps.clock.now();
  const startFailure = failedAgain(record, { containerId, reason, message, at });
  const { id, cure } = startFaultOf(message);
  if (id === 'network' || id === 'bridge') lookForNetwork(deps, record, id === 'bridge');
  if (containerId === null) {
    return givesUp(startFailure)
      ? backedOff(deps, stepped, startFailure, `create: ${message}`)
      : keptTrying(deps, stepped, startFailure);
  }
  if (isNew(stepped, containerId)) return noted(deps, stepped, startFailure);
  if (cure === 'wait') return backedOff(deps, stepped, startFailure, `start failed: ${message}`);
  return givesUp(startFailure)
    ? noted(deps, stepped, startFailure)
    : keptTrying(deps, stepped, startFailure);
};

/** A volume of its name is another's. */
export const isTaken = (deps: Deps, stepped: Stepped, message: string): Outcome => {
  const refused = { containerId: null, reason: 'NameConflict', message } as const;
  const startFailure = failedAgain(stepped.input.record, { ...refused, at: deps.clock.now() });
  return backedOff(deps, stepped, startFailure, message);
};

/** Nothing is lost with a container that never ran. */
const isNew = ({ input: { snapshot } }: Stepped, containerId: string): boolean =>
  snapshot.kind === 'known' &&
  snapshot.containers.some(({ id, state }) => id === containerId && state === 'created');

/** The project's own pass makes it; one that is there without its bridge is in the way of that. */
const lookForNetwork = (
  { memory, ring }: Deps,
  { projectId }: EnvironmentRecord,
  isDead: boolean,
): void => {
  if (isDead) memory.deadNetworks.add(projectId);
  memory.networks.delete(projectId);
  ring.project(projectId);
};

const noted = (deps: Deps, { input }: Stepped, startFailure: StartFailure): Outcome => {
  deps.store.environments.update(environmentKey(input.record), { startFailure });
  return { kind: 'lookAgain', afterMs: 0 };
};

const keptTrying = (deps: Deps, stepped: Stepped, startFailure: StartFailure): Outcome => {
  const key = environmentKey(stepped.input.record);
  return deps.store.transaction(() => {
    deps.store.environments.update(key, { startFailure });
    const message = `${stepped.step.kind}: ${startFailure.message}`;
    return fault(deps, stepped, { reason: 'EngineFault', message });
  });
};

/** While it waits for its next try others may have its GPUs. */
const backedOff = (
  deps: Deps,
  stepped: Stepped,
  startFailure: StartFailure,
  message: string,
): Outcome => {
  const { clock, config, random, store } = deps;
  const { record } = stepped.input;
  const key = environmentKey(record);
  const { reason } = startFailure;
  const restarts = record.restarts + 1;
  const delayMs = restartDelayMs(restarts, config.current().settings, random.fraction());
  store.transaction(() => {
    store.environments.update(key, {
      restarts,
      nextAttemptAt: clock.now() + delayMs,
      grantedAt: null,
      startFailure,
      lastFailure: message,
      reason,
      message,
    });
    noteEnvironment(deps, key, { reason, message });
    tell(deps, stepped, 'Warning', reason, message);
  });
  return { kind: 'lookAgain', afterMs: 0 };
};
