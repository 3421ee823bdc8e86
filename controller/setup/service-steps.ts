import type { Action, SetupFacts } from './actions.ts';
import type { SetupPlaces } from './places.ts';

/** What systemd is told after the files are written. */
export const serviceSteps = (
  places: SetupPlaces,
  { systemd, service }: SetupFacts,
  { unitChanges }: { readonly unitChanges: boolean },
): readonly Action[] => {
  const ctl = ctlOf(places);
  const step = (words: readonly string[], why: string): Action => ({
    kind: 'run',
    argv: [...ctl, ...words],
    why,
  });
  switch (systemd) {
    case 'none':
      return [];
    case 'installed':
      return service.enabled ? [] : [step(['enable', 'mlenv'], 'it starts at the next boot')];
    case 'running':
      return [
        ...(unitChanges ? [step(['daemon-reload'], 'systemd reads the unit')] : []),
        ...(service.enabled && service.active
          ? []
          : [step(['enable', '--now', 'mlenv'], 'it starts, now and at each boot')]),
        ...(unitChanges && service.active
          ? [step(['restart', 'mlenv'], 'the new unit holds; no container is touched')]
          : []),
      ];
    default:
      return systemd satisfies never;
  }
};

export const ctlOf = ({ scope }: SetupPlaces): readonly string[] =>
  scope === 'system' ? ['systemctl'] : ['systemctl', '--user'];
