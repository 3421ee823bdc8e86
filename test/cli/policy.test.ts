import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyRuleIds } from '../../controller/model/policy.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run, type FakeCli } from '../support/cli-fake.ts';

let folder: string;
let cli: FakeCli;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mlenv-cli-')));
  cli = fakeCli(fakeWorld(), { cwd: folder, env: { HOME: folder } });
});

afterEach(() => rm(folder, { recursive: true }));

const write = (path: string, text: string): Promise<void> => writeFile(join(folder, path), text);

const spec = (line: string): string =>
  `apiVersion: mlenv/v1\nenvironments:\n  web:\n    image: busybox:1.36\n    ${line}\n`;

describe('mlenv policy test', () => {
  it('admits what no rule forbids, and asks no engine', async () => {
    await write('mlenv.yaml', spec('ports: [8080]'));
    expect(await run(cli, 'policy', 'test')).toEqual({
      code: 0,
      out: 'mlenv.yaml: admitted\n',
      err: '',
    });
    expect(cli.connections).toEqual([]);
  });

  it('names the rule, the place and the cure', async () => {
    await write('mlenv.yaml', spec('ports: [8080, "0.0.0.0:9000:9000"]'));
    const { code, out } = await run(cli, 'policy', 'test', 'mlenv.yaml');
    expect(code).toBe(4);
    expect(out).toBe(
      [
        'mlenv.yaml:5:19 error E_POLICY: MLE-SEC-027: 0.0.0.0 is reached by other machines',
        '  5 |     ports: [8080, "0.0.0.0:9000:9000"]',
        '    |                   ^^^^^^^^^^^^^^^^^^^',
        '  leave ip: out, and reach the port through ssh -L',
        '',
        '',
      ].join('\n'),
    );
  });

  it("honours the host's configuration, its exceptions, and their end", async () => {
    await write('mlenv.yaml', spec('pids: unlimited'));
    const config = (until: string): string =>
      `apiVersion: mlenv/v1\npolicy:\n  level: strict\n  exceptions:\n${[
        'MLE-SEC-026',
        'MLE-SEC-028',
        'MLE-SEC-033',
      ]
        .map(
          (rule) => `    - { rule: ${rule}, project: "${folder}", until: ${until}, reason: x }\n`,
        )
        .join('')}`;
    await write('host.yaml', config('2999-12-31'));
    expect((await run(cli, '--config', 'host.yaml', 'policy', 'test')).code).toBe(0);
    await write('host.yaml', config('2001-12-31'));
    const { code, out } = await run(cli, '--config', 'host.yaml', 'policy', 'test', '-o', 'json');
    expect(code).toBe(4);
    const told = JSON.parse(out) as { files: { refusals: { rule: string; cure: string }[] }[] };
    const rules = told.files.flatMap(({ refusals }) => refusals.map(({ rule }) => rule));
    expect(rules).toEqual(expect.arrayContaining(['MLE-SEC-026', 'MLE-SEC-033']));
    expect(told.files[0]?.refusals[0]?.cure).not.toBe('');
  });

  it('tells other faults by exit code 5, and a refusal beside them by 4', async () => {
    await mkdir(join(folder, 'a'));
    await write('a/mlenv.yaml', spec('imgae: x'));
    expect((await run(cli, 'policy', 'test', 'a')).code).toBe(5);
    await write('a/mlenv.yaml', spec('imgae: x\n    privileged: true'));
    const { code, out } = await run(cli, 'policy', 'test', 'a');
    expect(code).toBe(4);
    expect(out).toContain('E_UNKNOWN_FIELD');
    expect(out).toContain('a/mlenv.yaml:6:5 error E_POLICY: MLE-SEC-001');
  });

  it('judges what can be read of a file with other faults, in the order of its lines', async () => {
    await write(
      'mlenv.yaml',
      [
        'apiVersion: mlenv/v1',
        'environments:',
        '  web:',
        '    image: busybox:1.36',
        '    ports: ["0.0.0.0:9000:9000", 70000, 8080, "0.0.0.0:9001:9001"]',
        '    imgae: x',
        '  db:',
        '    image: ${NOWHERE}',
        '    pids: 40000',
        '  sound:',
        '    image: busybox:1.36',
        '    pids: unlimited',
        '    dependsOn: [nobody]',
        '',
      ].join('\n'),
    );
    await write(
      'host.yaml',
      'apiVersion: mlenv/v1\npolicy: { level: strict, images: [nvcr.io/*] }\n',
    );
    const { code, out } = await run(cli, '--config', 'host.yaml', 'policy', 'test', '-o', 'json');
    expect(code).toBe(4);
    interface Told {
      readonly code: string;
      readonly line: number;
      readonly column: number;
    }
    const told = JSON.parse(out) as {
      files: { refusals: { rule: string; diagnostic: Told }[]; faults: Told[] }[];
    };
    const [file] = told.files;
    const at = ({ line, column }: Told): string => `${line}:${column}`;
    expect(file?.faults.map((one) => `${at(one)} ${one.code}`)).toEqual([
      '5:34 E_RANGE',
      '6:5 E_UNKNOWN_FIELD',
      '8:12 E_VARIABLE_UNSET',
      '13:17 E_DEPENDENCY_UNKNOWN',
    ]);
    const refused = file?.refusals
      .map(({ rule, diagnostic }) => `${at(diagnostic)} ${rule}`)
      // Where root runs the tests, the folder is root's.
      .filter((one) => !one.endsWith('MLE-SEC-028'));
    expect(refused).toEqual([
      '4:12 MLE-SEC-025',
      '4:12 MLE-SEC-026',
      '5:13 MLE-SEC-027',
      '5:47 MLE-SEC-027',
      '9:11 MLE-SEC-033',
      '11:12 MLE-SEC-025',
      '11:12 MLE-SEC-026',
      '12:11 MLE-SEC-033',
    ]);
  });

  it('judges nothing by a default that stands where a fault is', async () => {
    await write(
      'host.yaml',
      'apiVersion: mlenv/v1\ndefaults: { memory: 1GB }\npolicy: { level: strict }\n',
    );
    const rules = async (line: string): Promise<string> => {
      await write('mlenv.yaml', spec(line));
      return (await run(cli, '--config', 'host.yaml', 'policy', 'test')).out;
    };
    expect(await rules('shm: 2GB\n    user: 0:0')).toMatch(/MLE-SEC-031[^]*MLE-SEC-028/);
    const inDoubt = await rules('memory: 4 lots\n    shm: 2GB\n    user: [0]');
    expect(inDoubt).toContain('MLE-SEC-026');
    expect(inDoubt).not.toMatch(/MLE-SEC-(028|031)/);
  });

  it('says where there is nothing to ask about, and where the configuration is broken', async () => {
    expect((await run(cli, 'policy', 'test', 'nowhere')).code).toBe(2);
    await write('mlenv.yaml', spec('cpus: 1'));
    await write('bad.yaml', 'apiVersion: mlenv/v1\npolicy: { level: lax }\n');
    expect((await run(cli, '--config', 'bad.yaml', 'policy', 'test')).code).toBe(5);
  });
});

describe('mlenv policy rules', () => {
  it('lists every rule', async () => {
    const { code, out } = await run(cli, 'policy', 'rules');
    expect(code).toBe(0);
    for (const id of policyRuleIds) expect(out).toContain(id);
    const json = await run(cli, 'policy', 'rules', '-o', 'json');
    const { rules } = JSON.parse(json.out) as { rules: { id: string; opens: string }[] };
    expect(rules.map(({ id }) => id)).toEqual(policyRuleIds);
    expect(rules.find(({ id }) => id === 'MLE-SEC-001')?.opens).toBe('never');
  });
});
