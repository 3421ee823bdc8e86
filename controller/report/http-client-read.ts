import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { ApiError } from '../model/api.ts';
import { isShaped } from './shape.ts';
import { errorOfBody, type Query } from './wire.ts';

/** The one value of a response; throws the ApiError that stands in it. */
export const readJson = async (response: IncomingMessage): Promise<unknown> => {
  const text = await bodyOf(response);
  if (isWell(response)) return parsed(text);
  throw errorOf(response, text);
};

/** The same of what is not JSON; errors are. */
export const readText = async (response: IncomingMessage): Promise<string> => {
  const text = await bodyOf(response);
  if (isWell(response)) return text;
  throw errorOf(response, text);
};

const bodyOf = async (response: IncomingMessage): Promise<string> => {
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) text += String(piece);
  return text;
};

const isWell = ({ statusCode }: IncomingMessage): boolean =>
  statusCode !== undefined && statusCode < 300;

const errorOf = ({ statusCode }: IncomingMessage, text: string): ApiError =>
  errorOfBody(parsed(text)) ??
  new ApiError('internal', `the instance answered with HTTP ${statusCode}`);

/** The values of an NDJSON response; an error in its last line is thrown. */
export async function* lineValues(response: IncomingMessage): AsyncGenerator {
  if (response.statusCode !== 200) {
    await readJson(response);
    return;
  }
  const lost: { error: Error | null } = { error: null };
  response.once('error', (error) => {
    lost.error = error;
  });
  const lines = createInterface({ input: response, crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      const value = parsed(line);
      const error = errorOfBody(value);
      if (error !== null) throw error;
      yield value;
    }
    if (lost.error !== null) throw lost.error;
  } finally {
    response.destroy();
  }
}

/** Throws ApiError 'internal' where the answer is not what this version expects. */
export const expectShape = <T extends object>(value: unknown, keys: Keys<T>): T => {
  if (isShaped<T>(value, ...keys)) return value;
  throw new ApiError('internal', 'the instance answered in a form that this version does not know');
};

export type Keys<T> = readonly (keyof T & string)[];

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('internal', 'the instance answered with something that is not JSON');
  }
};

/** One request and its one answer, checked for these keys. */
export type Call = <T extends object>(
  keys: Keys<T>,
  path: string,
  asked?: { readonly query?: Query; readonly body?: object },
) => Promise<T>;
