import { describe, expect, it } from 'vitest';
import { nextPage, readTags } from '../../controller/catalog/tag-pages.ts';

const from = new URL('https://mirror.example/ngc/v2/nvidia/pytorch/tags/list?n=1000');

describe('the next page', () => {
  it.each([
    ['</v2/nvidia/pytorch/tags/list?last=b&n=2>; rel="next"', '?last=b&n=2'],
    ['</ngc/v2/nvidia/pytorch/tags/list?last=b>; rel=next', '?last=b'],
    ['<list?last=b>; rel="next"', '?last=b'],
    ['<https://mirror.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', '?last=b'],
    ['<?last=a>; rel="prev", <?last=b>; title="x, y"; rel="up next"', '?last=b'],
  ])('%s stays on our own path', (link, search) => {
    expect(nextPage(link, from)).toEqual({
      ok: true,
      value: new URL(`https://mirror.example/ngc/v2/nvidia/pytorch/tags/list${search}`),
    });
  });

  it.each(['', '<?last=b>; rel="prev"', '<?last=b>', 'rel="next"', '<?a>; rel="nextish"'])(
    'is none in %j',
    (link) => {
      expect(nextPage(link, from)).toEqual({ ok: true, value: null });
    },
  );

  it.each([
    [
      '<https://evil.example/ngc/v2/nvidia/pytorch/tags/list?last=b>; rel="next"',
      'RedirectRefused',
    ],
    ['<//evil.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['<http://mirror.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['</v2/nvidia/secret/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['<http://[>; rel="next"', 'AnswerUnreadable'],
  ])('is not looked for at %s', (link, code) => {
    expect(nextPage(link, from)).toMatchObject({ ok: false, fault: { code } });
  });
});

it('has no tags where NGC says null, and is no page in another shape', () => {
  expect(readTags('{"tags":null}', 'it')).toEqual({ ok: true, value: [] });
  expect(readTags('{"tags":["a",1,"b"]}', 'it')).toEqual({ ok: true, value: ['a', 'b'] });
  for (const body of ['{}', '[]', '{"tags":"a"}', '{"tags":["a"']) {
    expect(readTags(body, 'it')).toMatchObject({ fault: { code: 'AnswerUnreadable' } });
  }
});
