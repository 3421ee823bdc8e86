import { ApiError, type PlannedEnvironment, type ProjectPlan } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { ProjectWish } from '../model/environment.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import { plan } from '../plan/plan.ts';
import { mainContainer, type PlanInput } from '../plan/input.ts';
import type { Core } from '../reconcile/core.ts';
import type { Deps, Memory } from '../reconcile/deps.ts';
import { gatherInput, lookOnly } from '../reconcile/gather.ts';
import { foresee } from '../reconcile/pins.ts';
import { newEnvironment, newProject } from '../reconcile/register.ts';
import { deniedPlan, foreseeGrant } from '../reconcile/foresee-grant.ts';
import type { Acting } from './acting.ts';
import { readNamed } from './named-folder.ts';

/**
 * What the next passes would do if a person typed `up` now: the same rules over the file as it is,
 * with the holds that `up` lifts taken as lifted. Nothing is written.
 */
export const planProject = async (core: Acting, path: string): Promise<ProjectPlan> => {
  const { deps } = core;
  const read = await readNamed(core, path);
  if (read.kind === 'invalid') {
    return {
      project: '',
      projectPath: read.folder.path,
      diagnostics: read.diagnostics,
      environments: [],
    };
  }
  if (read.kind !== 'valid') {
    throw new ApiError('usage', `there is no mlenv.yaml in ${path}`);
  }
  const { folder, wish } = read;
  const now = deps.clock.now();
  const project =
    deps.store.projects.byPath(folder.path) ??
    newProject({ id: '0'.repeat(16), name: wish.name, folder, at: now });
  const wishes = wishesOf(deps, project.id, wish);
  const looking = {
    ...(await lookOnly(deps, project.id)),
    memory: { ...deps.memory, wishes },
    puller: onlyLooking(deps.puller),
  };
  const named = new Set<string>();
  const environments: PlannedEnvironment[] = [];
  for (const { wish: environment, raw } of wish.environments) {
    named.add(environment.name);
    const known = deps.store.environments.get(
      environmentKey({ projectId: project.id, environment: environment.name }),
    );
    const fresh = newEnvironment(
      { random: { fraction: () => 0, hex: (digits) => '0'.repeat(digits) } },
      { projectId: project.id, environment, raw, at: now },
    );
    const record: EnvironmentRecord =
      known === null
        ? fresh
        : {
            ...known,
            vanishedAt: null,
            ...(known.digest === environment.digest
              ? {}
              : { digest: environment.digest, generation: known.generation + 1, raw }),
          };
    const input = await gatherInput(looking, record, { ...project, name: wish.name });
    environments.push(
      await planned(core, {
        ...input,
        record,
        wish: wishes.get(environmentKey(record)) ?? { kind: 'wanted', environment },
      }),
    );
  }
  for (const record of deps.store.environments.ofProject(project.id)) {
    if (named.has(record.environment)) continue;
    const vanished = { ...record, vanishedAt: record.vanishedAt ?? now };
    const input = await gatherInput(looking, vanished, project);
    environments.push(
      await planned(core, { ...input, record: vanished, wish: { kind: 'vanished' } }),
    );
  }
  return { project: wish.name, projectPath: folder.path, diagnostics: [], environments };
};

/** Of the file as it is now: passes may not have read it yet. */
const wishesOf = (deps: Deps, projectId: string, { environments }: ProjectWish): Memory['wishes'] =>
  new Map(
    environments.map(({ wish: environment }) => {
      const key = environmentKey({ projectId, environment: environment.name });
      const known = deps.store.environments.get(key);
      const isNew = known?.digest !== environment.digest;
      const generation = (known?.generation ?? 0) + (isNew ? 1 : 0);
      const row = { projectId, environment: environment.name, generation };
      return [key, foresee(deps, { row, environment, from: 'file' })];
    }),
  );

/** A plan must not end the pull that the passes want. */
const onlyLooking = (puller: Deps['puller']): Deps['puller'] => ({
  state: (image) => puller.state(image),
  begin: () => undefined,
  want: () => undefined,
  used: () => undefined,
  stop: () => undefined,
});

const planned = async (core: Core, input: PlanInput): Promise<PlannedEnvironment> => {
  const lifted: PlanInput = {
    ...input,
    // What would be done is told all the same.
    frozen: null,
    record: {
      ...input.record,
      repairRequestedAt: input.now,
      // What was removed is asked for anew.
      ...(input.holds.includes('rm') ? { lastRun: null, restarts: 0 } : {}),
    },
    holds: input.holds.filter((kind) => kind === 'suspend'),
    snapshot: input.snapshot.kind === 'known' ? inOneGo(input.snapshot) : input.snapshot,
  };
  const first = plan(lifted);
  const needsApproval = first.holds.some(
    ({ reason }) => reason === 'UpdatePending' || reason === 'PruneScheduled',
  );
  const { input: asked, denied } = await foreseeGrant(
    core.deps,
    needsApproval ? approved(lifted) : lifted,
  );
  const shown = denied === null ? plan(asked) : deniedPlan(plan(asked), denied);
  return {
    environment: input.record.environment,
    inSync: shown.steps.length === 0 && shown.holds.length === 0,
    steps: shown.steps.map(({ kind, why }) => ({ kind, why })),
    holds: [
      ...(input.frozen === null || shown.steps.length === 0 ? [] : [input.frozen]),
      ...(needsApproval ? first.holds : []),
      ...shown.holds,
    ],
    changes: shown.changes,
    explanation: shown.explanation,
    needsApproval,
    wouldLose: shown.steps.some(({ kind }) => kind === 'remove')
      ? await wouldLose(core, input)
      : null,
  };
};

/** What up brings along: the network, and what this depends on, unless that has failed. */
const inOneGo = (snapshot: KnownSnapshot): KnownSnapshot => ({
  ...snapshot,
  network: 'present',
  dependencies: snapshot.dependencies.filter(({ phase }) => phase === 'failed'),
});

export const wouldLose = async (
  core: Core,
  { snapshot, record }: Pick<PlanInput, 'snapshot' | 'record'>,
): Promise<PlannedEnvironment['wouldLose']> => {
  if (snapshot.kind === 'unknown') return null;
  const container = mainContainer(snapshot.containers, record);
  if (container === null) return null;
  const layer = await core.deps.reader.writableLayer(container.id);
  return layer.ok && layer.value.total > 0 ? layer.value : null;
};

const approved = (input: PlanInput): PlanInput => {
  const { snapshot, record } = input;
  return {
    ...input,
    record: {
      ...record,
      approval: {
        generation: record.generation,
        containerId:
          snapshot.kind === 'known'
            ? (mainContainer(snapshot.containers, record)?.id ?? null)
            : null,
        by: 'plan',
        at: input.now,
      },
    },
  };
};
