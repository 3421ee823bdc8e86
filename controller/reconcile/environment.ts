import { execute } from '../act/execute.ts';
import type { AdmissionAnswer } from '../admission/gate.ts';
import type { Outcome } from '../loop/outcome.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { Plan } from '../model/plan.ts';
import { check } from '../plan/check.ts';
import type { PlanInput } from '../plan/input.ts';
import { plan } from '../plan/plan.ts';
import type { Admission } from './admission.ts';
import { afterStep } from './after-step.ts';
import { awaitTurn } from './brake.ts';
import type { Deps } from './deps.ts';
import { looksAgain, noteUse } from './pins.ts';
import { tellWhatWouldBe } from './observing.ts';
import { currentGpus, gatherInput } from './gather.ts';
import { recordForgotten, recordPlan } from './record.ts';
import { pruneVolumes } from './volumes.ts';
import { noteEnvironment } from './trouble.ts';

/**
 * One pass over one environment: observe, plan, check, act one step, record. Read from the top it is
 * the whole story; each line's work lies in the folder that bears its name.
 */
export const reconcileEnvironment = async (
  deps: Deps,
  admission: Admission,
  key: EnvironmentKey,
): Promise<Outcome> => {
  const { store, memory, ring } = deps;
  const record = store.environments.get(key);
  if (record === null) return { kind: 'done' };
  const project = store.projects.get(record.projectId);
  if (project === null) return { kind: 'done' };
  if (!memory.read.has(project.id)) {
    // Until the file was read nobody knows what is wished; its pass brings this key back.
    ring.project(project.id);
    return { kind: 'waiting', reason: 'SpecUnread', afterMs: null };
  }

  let input = await gatherInput(deps, record, project);
  let decided = plan(input);
  if (decided.needsGrant && input.frozen?.reason === 'Observing') {
    return tellWhatWouldBe(deps, input, decided);
  }
  if (decided.needsGrant && input.frozen === null) {
    if (waitsForFiles(deps, input)) return waitForFiles(deps, input, decided);
    const answer = await admission.ask(key);
    if (answer?.kind !== 'grant') return waitForGrant(deps, input, decided, answer);
    // What was seen a moment ago still holds: only the record has changed.
    input = withGrant(deps, input);
    decided = plan(input);
  }

  const broken = check(decided, input);
  if (broken.length > 0) return refuse(deps, input, broken);

  if (looksAgain(deps, input, decided)) {
    return { kind: 'waiting', reason: 'ImageResolving', afterMs: null };
  }
  const [step] = decided.steps;
  if (step === undefined) {
    const left = decided.forget ? await pruneVolumes(deps, input.record, project) : null;
    if (left !== null) return keepForgotten(deps, input, { decided, left });
    recordPlan(deps, input, decided);
    if (decided.forget) {
      recordForgotten(deps, input.record);
      await deps.secretFolders.remove(`${input.context.secretsRoot}/${input.record.uid}`);
    }
    return restOf(decided);
  }
  const waits = awaitTurn(deps, input, { decided, step });
  if (waits !== null) return waits;
  return execute(deps, step, {
    record: input.record,
    before: () => {
      recordPlan(deps, input, decided);
      if (step.kind === 'create') noteUse(deps, input);
    },
    after: (result) => afterStep(deps, { input, plan: decided, step, result }),
  });
};

/** At a cold start the order in which files are read is not the one in which GPUs are given. */
const waitsForFiles = ({ memory }: Deps, { wish, gpuLeases }: PlanInput): boolean =>
  !memory.allRead &&
  wish.kind === 'wanted' &&
  wish.environment.gpus !== null &&
  gpuLeases.length === 0;

/** It stands in the queue from now on, so that the first grants see all who wait. */
const waitForFiles = (deps: Deps, input: PlanInput, decided: Plan): Outcome => {
  const { store, clock } = deps;
  const { record } = input;
  const wait = { reason: 'Pending', message: 'waits until every file was read once' } as const;
  recordPlan(deps, input, { ...decided, ...wait, holds: [wait] });
  if (record.requestedAt === null) {
    store.environments.update(environmentKey(record), { requestedAt: clock.now() });
  }
  return { kind: 'waiting', reason: wait.reason, afterMs: null };
};

const withGrant = ({ store, clock, frozen }: Deps, input: PlanInput): PlanInput => {
  const key = environmentKey(input.record);
  return {
    ...input,
    record: store.environments.get(key) ?? input.record,
    leases: store.ports.of(key),
    gpuLeases: currentGpus(store, key),
    frozen: frozen(),
    now: clock.now(),
  };
};

/** Others are let through or something is given back: asked again then, and now and then anyway. */
const waitForGrant = (
  deps: Deps,
  input: PlanInput,
  decided: Plan,
  answer: AdmissionAnswer | null,
): Outcome => {
  const waits: Plan =
    answer !== null && answer.kind !== 'grant'
      ? {
          ...decided,
          reason: answer.reason,
          message: answer.message,
          holds: [{ reason: answer.reason, message: answer.message }],
        }
      : decided;
  recordPlan(deps, input, waits);
  // Time alone lets nobody through whom a rule refuses.
  return {
    kind: 'waiting',
    reason: waits.reason,
    afterMs: answer?.kind === 'refuse' ? null : 15_000,
  };
};

/** What could not be removed stays in the record, which is what names it. */
const keepForgotten = (
  deps: Deps,
  input: PlanInput,
  { decided, left }: { readonly decided: Plan; readonly left: string },
): Outcome => {
  recordPlan(deps, input, { ...decided, reason: 'RemovalBlocked', message: left });
  return { kind: 'waiting', reason: 'RemovalBlocked', afterMs: 15_000 };
};

const restOf = (decided: Plan): Outcome => {
  const [held] = decided.holds;
  if (held !== undefined) {
    return { kind: 'waiting', reason: held.reason, afterMs: decided.lookAgainAfterMs };
  }
  return decided.lookAgainAfterMs === null
    ? { kind: 'done' }
    : { kind: 'lookAgain', afterMs: decided.lookAgainAfterMs };
};

/** A plan that breaks a promise is never run; it is a bug, and says so where people look. */
const refuse = (deps: Deps, input: PlanInput, broken: readonly string[]): Outcome => {
  const message = `this plan was refused: ${broken.join('; ')}`;
  const key = environmentKey(input.record);
  deps.store.transaction(() => {
    deps.store.environments.update(key, { reason: 'Bug', message });
    noteEnvironment(deps, key, { reason: 'Bug', message });
    deps.store.events.add({
      at: deps.clock.now(),
      type: 'Warning',
      reason: 'Bug',
      message,
      projectId: input.record.projectId,
      environment: input.record.environment,
    });
  });
  return { kind: 'terminal', message };
};
