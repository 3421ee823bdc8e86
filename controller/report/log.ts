import { pino } from 'pino';
import type { DestinationStream } from 'pino';

/** What the rest of the house writes its log through. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Readonly<Record<string, string>>): Log;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines, to stderr unless told otherwise. Values of environment variables never come out. */
export const createLog = (options: {
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Log =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[hidden]' },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );

/** Keys under which a spec, a container or a registry login would carry a secret. */
const secretKeys = ['env', 'Env', 'environmentValues', 'authconfig', 'token', 'password', 'secret'];

const secretPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
