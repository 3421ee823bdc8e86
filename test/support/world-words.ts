import type { ContainerConfig } from '../../controller/model/container.ts';

/** A whole mlenv.yaml; JSON is YAML too. */
export const specOf = (environments: Readonly<Record<string, object>>): string =>
  `apiVersion: mlenv/v1\nenvironments: ${JSON.stringify(environments)}\n`;

/** A container as somebody's `docker run` makes it. */
export const plainContainer: Omit<ContainerConfig, 'name'> = {
  image: 'app:1',
  entrypoint: null,
  command: ['serve'],
  init: true,
  workdir: null,
  user: null,
  env: {},
  labels: {},
  ports: [],
  mounts: [],
  shmBytes: 64 * 2 ** 20,
  cpus: null,
  memoryBytes: null,
  pids: null,
  gpus: null,
  ulimits: [],
  capDrop: [],
  capAdd: [],
  logs: { maxBytes: 50 * 2 ** 20, maxFiles: 3 },
  network: null,
  health: null,
  stopGraceMs: 10_000,
};
