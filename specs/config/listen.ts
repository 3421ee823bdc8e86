import type { ListenConfig } from '../../controller/model/config.ts';
import { fault } from '../fault.ts';
import type { Report } from '../resolve-scalars.ts';

/** `127.0.0.1:7070`, `[::1]:7070` or `localhost:7070`, of the schema's form. */
export const listenOf = (text: string, report: Report): ListenConfig => {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (port < 1 || port > 65_535) {
    const message = `${port} is no port`;
    report(fault('E_RANGE', ['listen'], { message, hint: 'write one from 1 to 65535' }));
  }
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
};

/** As an address stands before a port. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
