import type { ContainerConfig } from '../model/container.ts';
import type { ProjectContext } from '../model/context.ts';
import type { Environment } from '../model/environment.ts';

/** Forged packets, device files and forged records of the audit: what no training needs. */
const alwaysDropped = ['AUDIT_WRITE', 'MKNOD', 'NET_RAW'] as const;

/** By which an image that starts as root gives its files away and becomes another user. */
const neededByRoot = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'] as const;

/**
 * A process that is not root has no capability to use, and no-new-privileges keeps it so; what is
 * dropped bounds one that is. NET_BIND_SERVICE is not among those given back: in a network of its own
 * a container may bind every port, as the engine sets net.ipv4.ip_unprivileged_port_start to 0.
 */
export const capabilitiesOf = (
  { user }: Pick<Environment, 'user'>,
  { level, owner }: Pick<ProjectContext, 'level' | 'owner'>,
): Pick<ContainerConfig, 'capDrop' | 'capAdd'> => {
  if (level === 'baseline') return { capDrop: alwaysDropped, capAdd: [] };
  const mayBeRoot =
    user.kind === 'image' ||
    (user.kind === 'ids' && user.uid === 0) ||
    (user.kind === 'host' && owner.uid === 0);
  return { capDrop: ['ALL'], capAdd: mayBeRoot ? neededByRoot : [] };
};
