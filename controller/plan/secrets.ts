import type { Mount } from '../model/container.ts';
import type { ProjectContext } from '../model/context.ts';
import type { Environment } from '../model/environment.ts';
import type { EnvironmentRecord, Owner } from '../model/record.ts';
import { secretsTarget, type SecretSeed } from '../model/secret.ts';

/** What is laid out before the container starts; null: nothing. */
export const secretSeed = (
  {
    wish,
    record,
    context,
  }: {
    readonly wish: Environment;
    readonly record: Pick<EnvironmentRecord, 'uid'>;
    readonly context: ProjectContext;
  },
  user: Owner | null,
): SecretSeed | null =>
  wish.secrets.length === 0
    ? null
    : {
        folder: `${context.secretsRoot}/${record.uid}`,
        ownerUid: context.owner.uid,
        user,
        secrets: wish.secrets.map(({ name, file }) => ({ name, file })),
      };

export const secretsMount = ({ folder }: SecretSeed): Mount => ({
  kind: 'bind',
  source: folder,
  target: secretsTarget,
  readOnly: true,
});

/** For the label by which a container tells what it was made with. */
export const secretNames = ({ secrets }: SecretSeed): string =>
  secrets
    .map(({ name, file }) => (name === file ? name : `${name}=${file}`))
    .sort()
    .join(',');
