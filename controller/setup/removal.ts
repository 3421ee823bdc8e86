import { dirname } from 'node:path';
import type { Action, SetupFacts, SetupPlan } from './actions.ts';
import { keepAs } from './manifest.ts';
import { blockedBy, manifestIn, run } from './plan.ts';
import { filesOf, isPackaged, type SetupPlaces } from './places.ts';
import { ctlOf } from './service-steps.ts';

/** Takes away what setup wrote, keeps what somebody edited, and says what stays. */
export const planRemoval = (places: SetupPlaces, facts: SetupFacts): SetupPlan => {
  const { entries, systemd, service } = facts;
  const nothing = { actions: [], same: [], notes: [], leaves: [] };
  const old = manifestIn(places, facts);
  if (old === null || !entries.has(places.manifest)) {
    const why = `there is no ${places.manifest}, which setup writes: it did not set up MLEnv here`;
    return { ...nothing, blocked: [`${why}; docs/install.md says what to remove by hand`] };
  }
  const blocked = blockedBy(places, facts);
  if (blocked.length > 0) return { ...nothing, blocked };
  const ctl = ctlOf(places);
  // Only what may be setup's, whatever the manifest names.
  const written = filesOf(places).filter(
    (path) => old.files[path] !== undefined && entries.has(path),
  );
  const hasUnit = written.includes(places.unit);
  const hasService = hasUnit || isPackaged(places, facts);
  const stop: readonly Action[] =
    !hasService || systemd === 'none'
      ? []
      : systemd === 'running'
        ? [run([...ctl, 'disable', '--now', 'mlenv'], 'it stops; containers go on running')]
        : service.enabled
          ? [run([...ctl, 'disable', 'mlenv'], 'it starts at no boot any more')]
          : [];
  const files = written.map((path): Action => {
    const kept = keepAs(path, { places, facts, old });
    return {
      kind: 'remove',
      path,
      keepAs: kept,
      why: kept === null ? 'as setup wrote it' : 'it was edited, and is kept',
    };
  });
  const state = new Set([places.home, places.state]);
  const folders = old.folders
    .filter((path) => !state.has(path))
    .toSorted((a, b) => b.length - a.length);
  return {
    actions: [
      ...stop,
      ...files,
      { kind: 'remove', path: places.manifest, keepAs: null, why: 'nothing is left to take away' },
      ...folders.map((path): Action => ({ kind: 'remove-folder', path, why: 'if it is empty' })),
      ...(hasUnit && systemd === 'running'
        ? [run([...ctl, 'daemon-reload'], 'systemd forgets the unit')]
        : []),
      ...(old.group !== null && facts.hasAdminGroup
        ? [run(['groupdel', old.group], 'setup made it')]
        : []),
    ],
    same: [],
    notes: [],
    blocked: [],
    leaves: leavesOf(places, facts),
  };
};

const leavesOf = (places: SetupPlaces, facts: SetupFacts): readonly string[] => [
  ...(facts.entries.has(places.state)
    ? [`${places.home}: the database, its backups and kept files; rm -rf ${places.home}`]
    : []),
  ...(places.environment !== null && facts.entries.has(places.environment)
    ? [
        `${places.environment}: as long as ${dirname(places.environment)} is there, every mlenv command looks for the system's instance`,
      ]
    : []),
  "people's projects, and their containers, which go on running: docker ps --all --filter label=mlenv.instance",
  facts.command.packaged ? 'the package: apt remove mlenv' : 'the mlenv command itself',
];
