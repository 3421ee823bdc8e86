import type { SetupFacts } from './actions.ts';
import type { SetupPlaces } from './places.ts';

/** What the administrator should know, beside what is done. */
export const notesOf = (places: SetupPlaces, facts: SetupFacts): readonly string[] => {
  const { command, systemd } = facts;
  const environment = places.environment === null ? null : facts.entries.get(places.environment);
  const args =
    environment?.kind === 'file' ? /^\s*MLENV_ARGS=(.*\S)/m.exec(environment.text)?.[1] : undefined;
  return [
    ...(args === undefined
      ? []
      : [
          `${places.environment} stays and gives the service ${args}: those folders are watched as well`,
        ]),
    ...(places.scope === 'system' && command.open !== null
      ? [
          `root will run ${command.open}, which others may change: install MLEnv where only root may write`,
        ]
      : []),
    ...(systemd === 'none' ? ['there is no systemd here: nothing starts MLEnv at boot'] : []),
  ];
};
