import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { guardedKind } from './guarded-addresses.ts';
import type { Fetch } from './exchange.ts';

/** Of an error's cause, where the address was refused; its message says what kind of address it is. */
export const addressRefused = 'MLENV_ADDRESS_REFUSED';

/**
 * A fetch that reaches no address of this machine, its link or its cloud, but where `isNamed` says that the
 * configuration names the host. It is judged by the addresses that are connected to, so that no name, redirect or
 * second answer of a name server leads there.
 */
export const guardedFetch =
  (isNamed: (url: URL) => boolean, lookup: LookupFunction = systemLookup): Fetch =>
  async (text, init) => {
    const url = new URL(text);
    if (isNamed(url)) return fetch(text, init);
    return responseOf(await send(url, init, guardedLookup(lookup)), init);
  };

/** Fails where one of the addresses is guarded: who names several may be asked at each. */
const guardedLookup =
  (lookup: LookupFunction): LookupFunction =>
  (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const all = Array.isArray(found) ? found : [];
      const kind = all.map(({ address }) => guardedKind(address)).find((one) => one !== null);
      const [first] = all;
      if (kind != null) return callback(refusedError(kind), '', 0);
      if (options.all === true) return callback(null, all);
      callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };

export const refusedError = (kind: string): NodeJS.ErrnoException =>
  Object.assign(new Error(kind), { code: addressRefused });

const send = (url: URL, init: RequestInit, lookup: LookupFunction): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    // An address is connected to without being looked up.
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const kind = isIP(literal) === 0 ? null : guardedKind(literal);
    const fail = (error: Error): void => reject(new TypeError('fetch failed', { cause: error }));
    if (kind !== null) return fail(refusedError(kind));
    const body = typeof init.body === 'string' ? init.body : null;
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: false,
      lookup,
      ...(init.signal == null ? {} : { signal: init.signal }),
    };
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
    sent.once('response', resolve);
    sent.on('error', fail);
    sent.end(body ?? undefined);
  });

const responseOf = (message: IncomingMessage, { method }: RequestInit): Response => {
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2)
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  const status = message.statusCode ?? 500;
  const isEmpty = method === 'HEAD' || [101, 204, 205, 304].includes(status);
  if (isEmpty) message.resume();
  const body = isEmpty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers });
};
