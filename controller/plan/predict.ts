import type { ObservedContainer } from '../model/container.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import type { Step } from '../model/step.ts';

/** The snapshot as it should be after a step that succeeds: how a plan looks past its first step. */
export const predict = (snapshot: KnownSnapshot, step: Step, now: number): KnownSnapshot => {
  const change = (id: string, patch: Partial<ObservedContainer>): KnownSnapshot => ({
    ...snapshot,
    containers: snapshot.containers.map((container) =>
      container.id === id ? { ...container, ...patch } : container,
    ),
  });
  switch (step.kind) {
    case 'pull':
      return { ...snapshot, image: 'unseen', pull: { kind: 'done', image: step.image } };
    case 'create':
      return { ...snapshot, pull: null, containers: [created(step, now)] };
    case 'start':
      return change(step.containerId, { state: 'running', startedAt: now, error: '' });
    case 'disconnect':
      return change(step.containerId, {
        strays: straysOf(snapshot, step.containerId).filter(
          ({ cure, value }) => cure !== 'disconnect' || value !== step.network,
        ),
      });
    case 'unpause':
      return change(step.containerId, { state: 'running' });
    case 'stop':
      return change(step.containerId, { state: 'exited', finishedAt: now, exitCode: 0 });
    case 'remove':
      return {
        ...snapshot,
        containers: snapshot.containers.filter(({ id }) => id !== step.containerId),
      };
    case 'update': {
      const target = snapshot.containers.find(({ id }) => id === step.containerId);
      if (target === undefined) return snapshot;
      const { cpus, memoryBytes, pids, usual = [] } = step.resources;
      return change(step.containerId, {
        strays: target.strays.filter(({ field }) => !usual.includes(field)),
        config: {
          ...target.config,
          ...(cpus === undefined ? {} : { cpus }),
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          ...(pids === undefined ? {} : { pids }),
        },
      });
    }
    default:
      return step satisfies never;
  }
};

const straysOf = ({ containers }: KnownSnapshot, id: string): ObservedContainer['strays'] =>
  containers.find((container) => container.id === id)?.strays ?? [];

const created = (step: Extract<Step, { kind: 'create' }>, now: number): ObservedContainer => ({
  id: 'to-be-created',
  name: step.config.name,
  state: 'created',
  health: 'none',
  lastCheck: null,
  address: null,
  exitCode: 0,
  oomKilled: false,
  error: '',
  createdAt: now,
  startedAt: null,
  finishedAt: null,
  imageId: '',
  excess: [],
  strays: [],
  labels: step.config.labels,
  config: step.config,
  image: null,
  anonymousVolumes: [],
});
