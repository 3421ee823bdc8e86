import { STATUS_CODES } from 'node:http';
import type { ApiError } from '../model/api-error.ts';
import { errorBody, httpStatus } from './wire.ts';

/** An error as bytes of a whole answer, where no server writes one: on the socket of an upgrade. */
export const plainResponse = (error: ApiError): string => {
  const status = httpStatus[error.code];
  const body = JSON.stringify(errorBody(error));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
};
