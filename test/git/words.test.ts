import { expect, test } from 'vitest';
import { failureText } from '../../controller/git/words.ts';

test.each([
  [
    'the first of its errors, as the later ones follow from it',
    'error: object 4b825dc: zeroPaddedFilemode: contains zero-padded file modes\nfatal: fsck error in packed object\nfatal: fetch-pack: invalid index-pack output\n',
    'error: object 4b825dc: zeroPaddedFilemode: contains zero-padded file modes',
  ],
  [
    'a missing repository',
    "remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found\n",
    "fatal: repository 'https://github.com/a/b/' not found; remote: Repository not found.",
  ],
  [
    "GitLab's frame around its words",
    'remote: \nremote: ========\nremote: \nremote: ERROR: The project you were looking for could not be found.\nremote: \nfatal: Could not read from remote repository.\n',
    'fatal: Could not read from remote repository.; remote: ERROR: The project you were looking for could not be found.',
  ],
  [
    'a key that is not known',
    'git@git.lab: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n',
    'git@git.lab: Permission denied (publickey).: the server does not know the key, or there is none: key.file names it',
  ],
  [
    'a host that is not known',
    'No ED25519 host key is known for git.lab and you have requested strict checking.\nHost key verification failed.\nfatal: Could not read from remote repository.\n',
    "No ED25519 host key is known for git.lab and you have requested strict checking.: put the server's key, looked at first, into the file of key.knownHosts, or into /etc/ssh/ssh_known_hosts",
  ],
  [
    'a host whose key is another one',
    '@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@@@@\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\nHost key verification failed.\n',
    "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!: put the server's key, looked at first, into the file of key.knownHosts, or into /etc/ssh/ssh_known_hosts",
  ],
  [
    'a login that is asked for',
    "error: unable to read askpass response from '/bin/false'\nfatal: could not read Username for 'https://git.lab': terminal prompts disabled\n",
    "error: unable to read askpass response from '/bin/false': it asks for a login: name a file with a token under token, or a key of ssh",
  ],
  [
    'a server that sends elsewhere',
    "fatal: unable to access 'https://git.lab/a/b/': The requested URL returned error: 301\n",
    "fatal: unable to access 'https://git.lab/a/b/': The requested URL returned error: 301: the server sends elsewhere, which is not followed: write the address that it sends to; often .git is missing at the end",
  ],
  ['what is no error of git', 'warning: x\nsomething else\n', 'something else'],
  ['silence', '\n', 'git ended with 128'],
  [
    'what would act on a terminal',
    'remote: \u001b[2Jowned, all of it\nfatal: no\n',
    'fatal: no; remote: ?[2Jowned, all of it',
  ],
])('%s', (_, said, told) => {
  expect(failureText(said, 128)).toBe(told);
});
