export const templateNames = ['minimal', 'pytorch', 'multi'] as const;

export type TemplateName = (typeof templateNames)[number];

/** The text of a first mlenv.yaml. `schema` is what editors are pointed to: a path or an address. */
export const templateText = (
  template: TemplateName,
  { schema, project }: { readonly schema: string; readonly project: string },
): string =>
  `# yaml-language-server: $schema=${schema}\napiVersion: mlenv/v1\nproject: ${project}\n\n${bodies[template]}`;

const bodies: Readonly<Record<TemplateName, string>> = {
  minimal: `environments:
  dev:
    image: python:3.12-slim
    command: [sleep, infinity]
    # The project's folder is /workspace in the container, and new files are yours.
`,
  pytorch: `environments:
  notebook:
    image: nvcr.io/nvidia/pytorch:24.05-py3
    command: [jupyter, lab, --ip=0.0.0.0, --no-browser]
    cpus: 8
    memory: 32GB
    shm: 16GB # PyTorch's data loaders share memory
    ports: [8888] # on 127.0.0.1: every local user of this machine reaches it
    env: { HF_HOME: /cache }
    mounts:
      - { volume: hf-cache, target: /cache } # outlives the container
    health: { http: 8888/api, startPeriod: 1m }
`,
  multi: `defaults: # laid beneath every environment
  memory: 8GB
  env: { LOG_DIR: /workspace/logs }

environments:
  train:
    image: nvcr.io/nvidia/pytorch:24.05-py3
    command: [python, train.py]
    restart: never # it runs once, and changes wait until it ends
    dependsOn: { db: healthy }
    env:
      DATABASE_URL: postgresql://postgres:\${DB_PASSWORD:-postgres}@db:5432/postgres

  tensorboard:
    image: tensorflow/tensorflow:2.16.1
    command: tensorboard --logdir /workspace/logs --bind_all
    ports: [{ container: 6006, host: auto }] # a free one, kept for this environment

  db:
    image: postgres:16
    user: image
    workspace: false
    env: { POSTGRES_PASSWORD: "\${DB_PASSWORD:-postgres}" } # from the file .env
    mounts:
      - { volume: db, target: /var/lib/postgresql/data }
    health: { command: pg_isready -U postgres, interval: 5s }
`,
};
