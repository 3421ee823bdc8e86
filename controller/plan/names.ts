import type { ProjectContext } from '../model/context.ts';
import { label } from '../model/labels.ts';

type Place = Pick<ProjectContext, 'project' | 'projectId'>;

/** Deterministic, so that a create whose reply was lost meets itself as a name conflict. */
export const containerName = (place: Place, environment: string): string =>
  `mlenv-${place.project}-${environment}-${short(place)}`;

/** Networks and volumes are named by id alone: data must outlive a change of the project's name. */
export const networkName = (place: Pick<Place, 'projectId'>): string => `mlenv-${short(place)}`;

export const volumeName = (place: Pick<Place, 'projectId'>, volume: string): string =>
  `mlenv-${short(place)}-v-${volume}`;

export const homeVolumeName = (place: Pick<Place, 'projectId'>, environment: string): string =>
  `mlenv-${short(place)}-home-${environment}`;

export const projectLabels = (context: ProjectContext): Record<string, string> => ({
  [label.instance]: context.instance,
  [label.project]: context.project,
  [label.projectId]: context.projectId,
});

const short = ({ projectId }: Pick<Place, 'projectId'>): string => projectId.slice(0, 8);
