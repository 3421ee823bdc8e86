// The few words to a Docker Engine that the demo needs before MLEnv is there, or behind its back. Plain
// HTTP, so that neither a docker command nor a package is needed.
//   answers             exits 0 when an engine answers
//   has IMAGE           exits 0 when it has the image
//   import TAR IMAGE    makes an image of a tar file
//   untag IMAGE         removes the name, and the image with its last name
//   kill CONTAINER      as `docker kill` does
import { createReadStream } from 'node:fs';
import http from 'node:http';

const [verb, ...args] = process.argv.slice(2);
const host = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock';

try {
  await verbs()[verb](...args);
} catch (error) {
  if (verb !== 'answers' && verb !== 'has') console.error(`engine: ${error.message}`);
  process.exitCode = 1;
}

function verbs() {
  return {
    answers: () => call('GET', '/_ping'),
    has: (image) => call('GET', `/images/${image}/json`),
    import: (tar, image) => {
      const [repo, tag] = image.split(':');
      return call(
        'POST',
        `/images/create?${new URLSearchParams({ fromSrc: '-', repo, tag })}`,
        tar,
      );
    },
    untag: (image) => call('DELETE', `/images/${image}`),
    kill: (container) => call('POST', `/containers/${container}/kill`),
  };
}

function call(method, path, bodyFile) {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...address(), method, path, timeout: 30_000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        const failed = response.statusCode >= 300 || text.includes('"error":');
        if (failed) reject(new Error(`${response.statusCode} ${text.trim()}`));
        else resolve(text);
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    if (bodyFile === undefined) return request.end();
    request.setHeader('Content-Type', 'application/x-tar');
    return createReadStream(bodyFile).on('error', reject).pipe(request);
  });
}

function address() {
  const url = new URL(host);
  if (url.protocol === 'unix:') return { socketPath: url.pathname };
  if (url.protocol === 'tcp:') return { host: url.hostname, port: url.port || 2375 };
  throw new Error(`DOCKER_HOST ${host} is neither unix:// nor tcp://`);
}
