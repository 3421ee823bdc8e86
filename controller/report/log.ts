import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import { oneLine } from './text.ts';

/** What the rest of the house writes its log through. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Readonly<Record<string, string>>): Log;
  /** What is dear to find out is found out only where somebody will read it. */
  isLevelEnabled(level: LogLevel): boolean;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

/** One line each, to stderr unless told otherwise. Values of environment variables never come out. */
export const createLog = (options: {
  readonly level: LogLevel;
  readonly format?: LogFormat;
  readonly destination?: DestinationStream;
}): Log => {
  const { format = 'json', destination = pino.destination({ fd: 2, sync: true }) } = options;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[hidden]' },
    },
    format === 'json' ? destination : { write: (line) => destination.write(textLine(line)) },
  );
};

/** Keys under which a spec, a container or a registry login would carry a secret. */
const secretKeys = ['env', 'Env', 'environmentValues', 'authconfig', 'token', 'password', 'secret'];

const secretPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** `2026-01-01T00:00:00.000Z INFO  the controller runs engine=27.0.1`, out of what would be a line of JSON. */
export const textLine = (line: string): string => {
  const { level, time, msg, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const told = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  return `${textOf(time)} ${textOf(level).toUpperCase().padEnd(5)} ${oneLine(textOf(msg))}${told.join('')}\n`;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** As it is where nobody could take it for more than one word, else as JSON has it. */
const valueText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=\\]+$/.test(value) ? value : JSON.stringify(value);
