import { errorBody, toApiError } from './wire.ts';

/**
 * A response of one JSON value a line. The source is given a signal that fires when the reader goes
 * away or the server closes; a fault of the source is the last line, as its headers are sent already.
 */
export const ndjson = (
  open: (signal: AbortSignal) => AsyncIterable<object>,
  closing: AbortSignal,
): Response => {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, closing]);
  const items = open(signal)[Symbol.asyncIterator]();
  const text = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(stream) {
      try {
        const item = await items.next();
        if (item.done === true) stream.close();
        else stream.enqueue(text.encode(`${JSON.stringify(item.value)}\n`));
      } catch (thrown) {
        stream.enqueue(text.encode(`${JSON.stringify(errorBody(toApiError(thrown)))}\n`));
        stream.close();
      }
    },
    async cancel() {
      gone.abort();
      // A source that stands at a yield sees no signal; this lets it clean up.
      await items.return?.();
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
  });
};
