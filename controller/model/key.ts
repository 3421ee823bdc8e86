/** The queue's key of one environment: `projectId/environment`. A project's own key is its id. */
export type EnvironmentKey = `${string}/${string}`;

export interface EnvironmentIdentity {
  readonly projectId: string;
  readonly environment: string;
}

export const environmentKey = ({ projectId, environment }: EnvironmentIdentity): EnvironmentKey =>
  `${projectId}/${environment}`;

/** Project ids hold no slash, so the first one parts the two halves. */
export const parseKey = (key: EnvironmentKey): EnvironmentIdentity => {
  const slash = key.indexOf('/');
  return { projectId: key.slice(0, slash), environment: key.slice(slash + 1) };
};

export const isEnvironmentKey = (text: string): text is EnvironmentKey => text.includes('/');
