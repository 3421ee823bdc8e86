import { label } from '../model/labels.ts';
import type { ContainerConfig, ObservedContainer } from '../model/container.ts';
import { deviceId } from '../model/gpu.ts';
import type { Plan } from '../model/plan.ts';
import { isLive, mayChangeNow, type PlanInput } from './input.ts';
import { hasSwappedMount } from './stop.ts';

/**
 * The plan's own critic. It knows the promises and not the rules, so that a rule that breaks one is
 * caught here and never carried out. An empty answer lets the plan pass.
 */
export const check = (plan: Plan, input: PlanInput): readonly string[] => {
  const [step] = plan.steps;
  if (step === undefined) return [];
  const { snapshot } = input;
  if (snapshot.kind === 'unknown') return ['a step follows from what was not seen'];

  const broken: string[] = [];
  const demand = (holds: boolean, promise: string): void => {
    if (!holds) broken.push(promise);
  };
  demand(!input.holds.includes('suspend'), 'a suspended environment is changed');
  demand(input.frozen === null, 'something is changed on a host that is to stay as it is');
  demand(snapshot.inFlight === null, 'a second effect while the first has not come back');

  if (step.kind === 'pull') return broken;
  if (step.kind === 'create') {
    demand(snapshot.containers.length === 0, 'a second container is created');
    demand(snapshot.nameHolder === null, 'a name that is taken is created');
    demand(input.wish.kind === 'wanted', 'what nobody wishes is created');
    demand(!input.holds.some((kind) => kind !== 'suspend'), 'what is held back is created');
    demand(input.record.grantedAt !== null, 'something is created without a grant');
    demand(owns(step.config.labels, input), 'a container is created without our labels');
    demand(hasLeases(step.config, input), 'a card is given that no grant names');
    return broken;
  }

  const target = snapshot.containers.find(({ id }) => id === step.containerId);
  if (target === undefined) return [...broken, 'a container that was not seen is changed'];
  demand(owns(target.labels, input), 'a container that is not ours is changed');
  if (step.kind === 'start') {
    demand(input.wish.kind === 'wanted', 'what nobody wishes is started');
    demand(!input.holds.some((kind) => kind !== 'suspend'), 'what is held back is started');
    demand(input.record.grantedAt !== null, 'something is started without a grant');
    demand(target.excess.length === 0, 'a container with rights that nobody asked for is started');
    demand(hasLeases(target.config, input), 'it is started on a card that no grant names');
  }
  if (step.kind === 'remove') demand(!isLive(target), 'a running container is removed');
  if (step.kind === 'stop') demand(mayStop(target, input), 'a protected container is stopped');
  return broken;
};

const owns = (labels: Readonly<Record<string, string>>, { record, context }: PlanInput): boolean =>
  labels[label.instance] === context.instance &&
  labels[label.projectId] === record.projectId &&
  labels[label.environment] === record.environment;

/** A card in another's hand, or in nobody's, is never used. */
const hasLeases = ({ gpus }: Pick<ContainerConfig, 'gpus'>, { gpuLeases }: PlanInput): boolean =>
  gpus === null || gpus.ids.every((id) => gpuLeases.some((lease) => deviceId(lease) === id));

/** One environment, one container: beside the recorded one, or another that runs, it is one too many. */
const isExtra = (target: ObservedContainer, { record, snapshot }: PlanInput): boolean =>
  target.id !== record.containerId &&
  snapshot.kind === 'known' &&
  snapshot.containers.some(
    (other) => other.id !== target.id && (other.id === record.containerId || isLive(other)),
  );

/** Sick, and the file says in so many words what is to be done then. */
const isToBeCured = (target: ObservedContainer, { wish, checks }: PlanInput): boolean =>
  wish.kind === 'wanted' &&
  ((target.health === 'unhealthy' && wish.environment.health?.onUnhealthy === 'restart') ||
    (checks.gpu?.containerId === target.id &&
      checks.gpu.status === 'unhealthy' &&
      wish.environment.onGpuLost === 'recreate'));

/** It has run for longer than the file lets one run take. */
const isTimedOut = ({ startedAt }: ObservedContainer, { wish, now }: PlanInput): boolean =>
  wish.kind === 'wanted' &&
  wish.environment.timeoutMs !== null &&
  startedAt !== null &&
  now >= startedAt + wish.environment.timeoutMs;

/** Holds that stop nothing. */
const keeping = ['suspend', 'rebuilt', 'unstarted'] as const;

/** `updates` protects a running container from all but a person's word, and what its file says of use, lifetime and time limit. */
const mayStop = (target: ObservedContainer, input: PlanInput): boolean => {
  const { record, holds } = input;
  if (mayChangeNow(input)) return true;
  if (holds.some((kind) => !(keeping as readonly string[]).includes(kind))) return true;
  if (isExtra(target, input) || isToBeCured(target, input)) return true;
  if (hasSwappedMount(target, record)) return true;
  if (record.restartRequestedAt !== null || isTimedOut(target, input)) return true;
  return (
    record.approval?.generation === record.generation && record.approval.containerId === target.id
  );
};
