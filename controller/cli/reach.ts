import type { StatusItem } from '../model/api.ts';
import type { CliIo } from './io.ts';

/** How to reach the ports, from here and over ssh; '' where there are none. */
export const reachText = (
  items: readonly StatusItem[],
  io: Pick<CliIo, 'env' | 'user' | 'hostName'>,
): string => {
  const ports = items
    .filter(({ phase }) => phase === 'Running')
    .flatMap((item) => item.ports.map((port) => ({ ...port, environment: item.environment })));
  if (ports.length === 0) return '';
  const width = Math.max(...ports.map(({ environment }) => environment.length));
  return [
    'Reach it here:',
    ...ports.map(
      ({ environment, host, container }) =>
        `  ${environment.padEnd(width)}  127.0.0.1:${host} (${container} in the container)`,
    ),
    'From your own machine:',
    `  ssh ${ports.map(({ host }) => `-L ${host}:127.0.0.1:${host}`).join(' ')} ${address(io)}`,
  ].join('\n');
};

/** Over ssh, the address that this login came to: the one that surely leads here. */
const address = ({ env, user, hostName }: Pick<CliIo, 'env' | 'user' | 'hostName'>): string => {
  const came = env['SSH_CONNECTION']?.split(' ')[2];
  return `${user}@${came === undefined || came === '' ? hostName : came}`;
};
