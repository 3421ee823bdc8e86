import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import { judgePolicy, policyGate, type PolicyRequest } from '../../controller/admission/policy.ts';
import { repositoryOf } from '../../controller/admission/policy-images.ts';
import type { PolicyConfig, PolicyException } from '../../controller/model/config.ts';
import type { Environment } from '../../controller/model/environment.ts';
import { ledger, request, told } from '../support/admission-builders.ts';
import { oneCard, wish } from '../support/plan-builders.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const clean: Partial<Environment> = { image: `python:3.12@${digest}`, pids: 4096 };

const asks = (
  over: Partial<Environment>,
  more: Partial<Omit<PolicyRequest, 'wish'>> = {},
): PolicyRequest => ({
  wish: wish({ ...clean, ...over }),
  raw: {},
  projectPath: '/srv/demo',
  ownerUid: 1000,
  memoryBytes: 2 ** 34,
  ...more,
});

const policy = (over: Partial<PolicyConfig> = {}): PolicyConfig => ({
  level: 'baseline',
  images: [],
  exceptions: [],
  ...over,
});

const strict = policy({ level: 'strict' });

/** `MLE-SEC-027 ports.0`, or nothing. */
const broken = (asked: PolicyRequest, by: PolicyConfig): readonly string[] =>
  judgePolicy(asked, by, 0).faults.map(({ rule, path }) => `${rule} ${path.join('.')}`);

const port = (host: number | 'auto', hostIp = '127.0.0.1'): Partial<Environment> => ({
  ports: [{ container: 80, protocol: 'tcp', host, hostIp }],
});

const limit = (name: string, soft: number, hard: number, byDefault = false) => ({
  ulimits: [{ name, soft, hard, byDefault }],
});

const bind = (source: string): Partial<Environment> => ({
  mounts: [{ kind: 'bind', source, target: '/x', readOnly: true }],
});

describe('what every host refuses', () => {
  it.each<[string, PolicyRequest]>([
    ['MLE-SEC-021 env.NVIDIA_VISIBLE_DEVICES', asks({ env: { NVIDIA_VISIBLE_DEVICES: 'all' } })],
    ['MLE-SEC-021 env.CUDA_VISIBLE_DEVICES', asks({ env: { CUDA_VISIBLE_DEVICES: '' } })],
    ['MLE-SEC-021 env.NVIDIA_IMEX_CHANNELS', asks({ env: { NVIDIA_IMEX_CHANNELS: '0' } })],
    ['MLE-SEC-022 workdir', asks({ workdir: '/proc/self/fd/8' })],
    ['MLE-SEC-022 workdir', asks({ workdir: '//dev/./x' })],
    ['MLE-SEC-023 labels.mlenv.owner', asks({ labels: { 'mlenv.owner': '0:0' } })],
    ['MLE-SEC-024 ports.0', asks(port(22))],
    ['MLE-SEC-024 ports.0', asks(port(1023))],
    ['MLE-SEC-027 ports.0', asks(port(8888, '0.0.0.0'))],
    ['MLE-SEC-027 ports.0', asks(port('auto', '::'))],
    ['MLE-SEC-027 ports.0', asks(port(8888, '10.0.0.7'))],
    ['MLE-SEC-029 env.LD_PRELOAD', asks({ env: { LD_PRELOAD: '/x.so' }, gpus: oneCard })],
    ['MLE-SEC-029 env.LD_AUDIT', asks({ env: { LD_AUDIT: 'x' }, gpus: oneCard })],
    [
      'MLE-SEC-029 env.LD_LIBRARY_PATH',
      asks({ env: { LD_LIBRARY_PATH: '/usr/lib:/workspace' }, gpus: oneCard }),
    ],
    [
      'MLE-SEC-029 env.LD_LIBRARY_PATH',
      asks({ env: { LD_LIBRARY_PATH: '/usr/../workspace' }, gpus: oneCard }),
    ],
    ['MLE-SEC-031 shm', asks({ shmBytes: 2 ** 35 }, { raw: { shm: '32GB' } })],
    ['MLE-SEC-032 ulimits.rtprio', asks(limit('rtprio', 0, 99))],
    ['MLE-SEC-032 ulimits.nofile', asks(limit('nofile', 1024, -1))],
    ['MLE-SEC-034 logs', asks({ logs: { maxBytes: 2 ** 30, maxFiles: 11 } })],
    ['MLE-SEC-014 mounts.0', asks(bind('/etc'))],
    ['MLE-SEC-014 mounts.0', asks(bind('/'))],
    ['MLE-SEC-014 mounts.0', asks(bind('/var/run/docker.sock'))],
    ['MLE-SEC-014 mounts.0', asks(bind('/srv/demo/agent.sock'))],
    ['MLE-SEC-014 workspace', asks({}, { projectPath: '/etc/cron.d' })],
  ])('%s', (expected, asked) => {
    expect(broken(asked, policy())).toEqual([expected]);
  });

  it.each<[string, PolicyRequest]>([
    ['an ordinary wish', asks({})],
    ['a port on another address of this host', asks(port(8888, '127.0.0.9'))],
    ['a port on ::1', asks(port(8888, '::1'))],
    ['LD_PRELOAD without cards', asks({ env: { LD_PRELOAD: '/x.so' } })],
    [
      "NVIDIA's own folders",
      asks({ env: { LD_LIBRARY_PATH: '/usr/local/cuda/lib64:/opt/hpcx:' }, gpus: oneCard }),
    ],
    ['shared memory that MLEnv chose', asks({ shmBytes: 2 ** 35 })],
    ['locked memory without a bound', asks(limit('memlock', -1, -1))],
    ['a folder of the project', asks(bind('/srv/demo/data'))],
    ['a folder of a project of root', asks(bind('/root/x/y'), { projectPath: '/root/x' })],
    ['a tag, root, many processes and a password', asks({ image: 'x:1', pids: null })],
  ])('and not %s', (_, asked) => {
    expect(broken(asked, policy())).toEqual([]);
  });
});

describe('what a strict host refuses besides', () => {
  it.each<[string, PolicyRequest]>([
    ['MLE-SEC-026 image', asks({ image: 'python' })],
    ['MLE-SEC-026 image', asks({ image: 'python:latest' })],
    ['MLE-SEC-026 image', asks({ image: 'nvcr.io:443/nvidia/pytorch:24.05' })],
    ['MLE-SEC-028 user', asks({ user: { kind: 'ids', uid: 0, gid: 1000 } })],
    ['MLE-SEC-028 user', asks({}, { ownerUid: 0 })],
    ['MLE-SEC-033 pids', asks({ pids: null })],
    ['MLE-SEC-033 pids', asks({ pids: 32_769 })],
    ['MLE-SEC-030 env.HF_TOKEN', asks(...secret('HF_TOKEN', 'hf_1'))],
    ['MLE-SEC-030 env.db_password', asks(...secret('db_password', 1234))],
    ['MLE-SEC-030 env.WANDB_API_KEY', asks(...secret('WANDB_API_KEY', '${X:-abc}'))],
  ])('%s', (expected, asked) => {
    expect(broken(asked, strict)).toEqual([expected]);
    expect(broken(asked, policy())).toEqual([]);
  });

  it.each(['${HF_TOKEN}', ''])('and not a secret that is %j', (text) => {
    expect(broken(asks(...secret('HF_TOKEN', text)), strict)).toEqual([]);
  });

  it.each(['TOKENIZERS_PARALLELISM', 'MAX_TOKENS', 'HF_TOKEN_PATH', 'POSTGRES_PASSWORD_FILE'])(
    'and not the variable %s',
    (name) => {
      expect(broken(asks(...secret(name, 'x')), strict)).toEqual([]);
    },
  );
});

function secret(name: string, text: string | number): Parameters<typeof asks> {
  return [{ env: { [name]: 'resolved' } }, { raw: { env: { [name]: text } } }];
}

it('does not judge an image that is still to be looked up', () => {
  const choice = { framework: 'pytorch', version: '24.05', cuda: null, python: null, org: null };
  const wish = { image: 'pytorch@24.05', choice, pids: 4096 };
  const strict = policy({ level: 'strict', images: ['nvcr.io/nvidia/*'] });
  const isRefused = (image: Partial<Environment>): boolean =>
    broken(asks(image), strict).some((fault) => fault.endsWith(' image'));
  expect(isRefused(wish)).toBe(false);
  expect(isRefused({ ...wish, choice: null })).toBe(true);
});

describe('allowed repositories', () => {
  const nvidia = ['nvcr.io/nvidia/*'];
  it.each<[string, readonly string[], boolean]>([
    ['nvcr.io/nvidia/pytorch:24.05-py3', nvidia, true],
    ['nvcr.io/nvidia/tao/toolkit:5', nvidia, true],
    ['nvcr.io/nvidia', nvidia, false],
    ['nvcr.io/nvidia-evil/pytorch', nvidia, false],
    ['nvcr.io.evil.com/nvidia/pytorch', nvidia, false],
    ['evil.com/nvcr.io/nvidia/pytorch', nvidia, false],
    ['nvidia/pytorch', nvidia, false],
    ['nvcr.io:5000/nvidia/pytorch', nvidia, false],
    ['nvcr.io/nvidia/pytorch', ['nvcr.io/nvidia/pyt*'], true],
    ['nvcr.io/nvidia/pytorch/x', ['nvcr.io/nvidia/pyt*'], false],
    ['nvcr.io/nvidia/tensorflow', ['nvcr.io/nvidia/pyt*'], false],
    ['python:3.12', ['docker.io/library/*'], true],
    ['index.docker.io/library/python', ['python'], true],
    ['docker.io/python', ['python'], true],
    ['evil/python', ['python'], false],
    ['EVIL/python', ['docker.io/*'], false],
    ['localhost/python', ['docker.io/*'], false],
    ['localhost:5000/team/x@sha256:abc', ['localhost:5000/team/*'], true],
    ['deadbeef1234', ['docker.io/*'], false],
    [`sha256:${'d'.repeat(64)}`, ['docker.io/*'], false],
    ['deadbeef1234:1', ['docker.io/*'], true],
    ['anything/at/all', [], true],
  ])('%s in %j: %s', (image, images, isAllowed) => {
    expect(broken(asks({ image }), policy({ images }))).toEqual(
      isAllowed ? [] : ['MLE-SEC-025 image'],
    );
  });

  it('reads a name as the engine does', () => {
    expect(repositoryOf('python:3.12')).toBe('docker.io/library/python');
    expect(repositoryOf('a.b:5000/x:1@sha256:0')).toBe('a.b:5000/x');
  });
});

describe('an exception', () => {
  const exception = (over: Partial<PolicyException> = {}): PolicyConfig =>
    policy({
      exceptions: [
        { rule: 'MLE-SEC-027', project: '/srv/demo', until: 1000, reason: 'fair', ...over },
      ],
    });
  const open = asks(port(8888, '0.0.0.0'));

  it('opens its rule for its project until its day is over', () => {
    expect(policyGate(open, exception(), 999)).toEqual({
      kind: 'admit',
      opened: ['MLE-SEC-027'],
    });
    expect(policyGate(open, exception(), 1000).kind).toBe('refuse');
    expect(policyGate(open, exception({ project: '/srv/other' }), 0).kind).toBe('refuse');
    expect(policyGate(open, exception({ project: '/srv' }), 0).kind).toBe('refuse');
    expect(policyGate(open, exception({ rule: 'MLE-SEC-025' }), 0).kind).toBe('refuse');
  });

  it('is not used where the rule is not broken', () => {
    expect(policyGate(asks({}), exception(), 0)).toEqual({ kind: 'admit', opened: [] });
  });

  it('never opens what may never be opened', () => {
    expect(policyGate(asks(port(80)), exception({ rule: 'MLE-SEC-024' }), 0)).toMatchObject({
      kind: 'refuse',
      rule: 'MLE-SEC-024',
    });
  });

  it('for root covers the user of an image, which shows later', () => {
    const byImage = asks({ user: { kind: 'image' } });
    const { exceptions } = exception({ rule: 'MLE-SEC-028' });
    expect(policyGate(byImage, policy({ level: 'strict', exceptions }), 0)).toEqual({
      kind: 'admit',
      opened: ['MLE-SEC-028'],
    });
  });
});

describe('in the serial step', () => {
  const lan = { container: 80, protocol: 'tcp', host: 8080, hostIp: '0.0.0.0' } as const;

  it('a rule is asked before anything else, names itself and its cure, and takes no place', () => {
    const answers = decideAdmission(
      [
        request({ environment: 'bad', ports: [lan], cpus: 99 }),
        request({ environment: 'good', requestedAt: 1 }),
      ],
      ledger(),
    );
    expect(answers.map(told)).toEqual([
      'refuse PolicyRefused: MLE-SEC-027: 0.0.0.0 is reached by other machines. Leave ip: out, and reach the port through ssh -L.',
      'grant',
    ]);
  });

  it('says what a grant owes to an exception', () => {
    const exceptions: readonly PolicyException[] = [
      { rule: 'MLE-SEC-027', project: request().projectPath, until: 1, reason: 'fair' },
    ];
    const [answer] = decideAdmission(
      [request({ ports: [lan] })],
      ledger({ policy: policy({ exceptions }) }),
    );
    expect(answer).toMatchObject({ kind: 'grant', opened: ['MLE-SEC-027'] });
  });
});
