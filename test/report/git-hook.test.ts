import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDelivery } from '../../controller/report/git-hook.ts';

const body = async function* (text: string): AsyncGenerator<Uint8Array> {
  // In two parts, as from a socket.
  const bytes = Buffer.from(text);
  yield bytes.subarray(0, 5);
  yield bytes.subarray(5);
};
const verify = (headers: Record<string, string>, text = 'Hello, World!', secret = githubs.secret) =>
  verifyDelivery(headers, body(text), secret);

/** docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, "Testing the webhook payload validation". */
const githubs = {
  secret: "It's a Secret to Everybody",
  digest: '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};

describe('a delivery', () => {
  it('of GitHub is known by its own example', async () => {
    const signed = { 'x-hub-signature-256': `sha256=${githubs.digest}` };
    expect(await verify({ ...signed, 'x-github-event': 'push' })).toBe('push');
    expect(await verify({ ...signed, 'x-github-event': 'ping' })).toBe('ping');
    expect(await verify({ ...signed, 'x-github-event': 'issues' })).toBe('other');
  });

  it('of Gitea and of Forgejo is known beside the headers of the others', async () => {
    const digest = createHmac('sha256', 'top').update('{"ref":"refs/heads/main"}').digest('hex');
    const gitea = {
      'x-gitea-event': 'push',
      'x-gitea-signature': digest,
      'x-github-event': 'push',
      'x-hub-signature-256': `sha256=${digest}`,
    };
    expect(await verify(gitea, '{"ref":"refs/heads/main"}', 'top')).toBe('push');
    const forgejo = { ...gitea, 'x-forgejo-event': 'push', 'x-forgejo-signature': digest };
    expect(await verify(forgejo, '{"ref":"refs/heads/main"}', 'top')).toBe('push');
  });

  it('of GitLab is known by its token', async () => {
    const token = { 'x-gitlab-token': 'glsecret' };
    const by = (event: string) => verify({ ...token, 'x-gitlab-event': event }, 'any', 'glsecret');
    expect(await by('Push Hook')).toBe('push');
    expect(await by('Tag Push Hook')).toBe('push');
    expect(await by('Issue Hook')).toBe('other');
  });

  it.each<[string, Record<string, string>]>([
    ['no signature', {}],
    ['one of another algorithm', { 'x-hub-signature': `sha1=${githubs.digest}` }],
    ['one that was cut', { 'x-hub-signature-256': `sha256=${githubs.digest.slice(0, 40)}` }],
    ['one without its algorithm', { 'x-hub-signature-256': githubs.digest }],
    ['one of another body', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['another token', { 'x-gitlab-token': "It's a Secret to Everybodx" }],
    ['an empty token', { 'x-gitlab-token': '' }],
    [
      'a good signature below a bad one',
      {
        'x-gitea-signature': '0'.repeat(64),
        'x-hub-signature-256': `sha256=${githubs.digest}`,
      },
    ],
  ])('with %s is nobody’s', async (_, headers) => {
    const events = { 'x-github-event': 'push', 'x-gitea-event': 'push' };
    expect(await verify({ ...events, ...headers })).toBeNull();
  });
});
