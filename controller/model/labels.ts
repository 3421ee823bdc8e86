/**
 * Labels on every container, volume and network that is ours. Enough to rebuild a row from the container alone.
 * A container bears all of them, empty where one says nothing: an image cannot bring one then.
 */
export const label = {
  instance: 'mlenv.instance',
  project: 'mlenv.project',
  projectId: 'mlenv.project-id',
  projectPath: 'mlenv.project-path',
  environment: 'mlenv.environment',
  uid: 'mlenv.uid',
  generation: 'mlenv.generation',
  digest: 'mlenv.digest',
  owner: 'mlenv.owner',
  revision: 'mlenv.revision',
  /** Ids of the cards it was made with, parted by commas. */
  gpus: 'mlenv.gpus',
  /** What was asked for when it was made, so that a change of the wish shows before new cards are granted. */
  gpuWish: 'mlenv.gpu-wish',
  /** Names of the secrets it was made with, never a value. */
  secrets: 'mlenv.secrets',
  /** `recreate`: another commit is another container, also where the file did not change. */
  workspaceUpdate: 'mlenv.workspace-update',
  /** On volumes: the name in the file. */
  volume: 'mlenv.volume',
} as const;

export const isReservedLabel = (name: string): boolean => name.startsWith('mlenv.');
