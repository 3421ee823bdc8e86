import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStripper, oneLine, stripControls } from '../../controller/report/text.ts';

describe('stripControls', () => {
  it.each([
    ['colours', '\x1b[1;31mred\x1b[0m', 'red'],
    ['a title by OSC and BEL', '\x1b]0;owned\x07after', 'after'],
    ['a link by OSC and ST', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', 'text'],
    ['C1 forms', '\x9b31mred\x9d0;t\x9cafter', 'redafter'],
    ['two-character escapes', '\x1bcreset\x1b(Bset', 'resetset'],
    ['a DCS string', '\x1bP1;2|secret\x1b\\end', 'end'],
    ['an escape that cuts a string short', '\x1b]0;a\x1b[31mred', 'red'],
    ['bells and backspaces', 'a\x07\x08b\x7f', 'ab'],
    ['an unfinished sequence at a line end', '\x1b]0;never\nnext line', '\nnext line'],
    ['a broken CSI', '\x1b[3\x1b[1mx', 'x'],
  ])('drops %s', (_name, given, shown) => {
    expect(stripControls(given)).toBe(shown);
  });

  it('keeps lines, tabs and letters of any script', () => {
    expect(stripControls('a\tb\nÄ漢🙂\r\n')).toBe('a\tb\nÄ漢🙂\n');
  });

  it.each([
    ['a colour', '\x1b[1;31mred\x1b[0m', '\x1b[1;31mred\x1b[0m'],
    ['a cursor', 'a\x1b[2J\x1b[1Ab', 'ab'],
    ['a private mode that ends like a colour', '\x1b[>4;2mx\x1b[?5mx', 'xx'],
    ['a title within colours', '\x1b[31m\x1b]0;owned\x07x\x1b[m', '\x1b[31mx\x1b[m'],
    ['the C1 form', '\x9b31mx', 'x'],
    ['one without end', `\x1b[${'1;'.repeat(99)}mx`, 'x'],
  ])('where colours are kept: %s', (_name, given, shown) => {
    expect(createStripper({ keepsColours: true })(given)).toBe(shown);
    // However it is cut.
    const strip = createStripper({ keepsColours: true });
    expect(Array.from(given, (piece) => strip(piece)).join('')).toBe(shown);
  });

  it('turns a progress bar into lines', () => {
    expect(stripControls('1%\r2%\r\n3%')).toBe('1%\n2%\n3%');
  });

  it('never lets a control through, however the pieces are cut', () => {
    const piece = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\x1b', '[', ']', '\\', '\x07', '\x9b', '\x9c', '\x9d', '\r', '\n', '\t'),
        fc.constantFrom('3', ';', 'm', 'P', '(', ' ', '\x00', '\x7f', 'é', '漢'),
      ),
    });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const strip = createStripper();
        const inPieces = pieces.map((each) => strip(each)).join('');
        expect(inPieces).toBe(stripControls(pieces.join('')));
        // oxlint-disable-next-line no-control-regex
        expect(inPieces).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      }),
    );
  });
});

it('oneLine leaves nothing that would break a table', () => {
  expect(oneLine(' a\n\tb\x1b[2Jc ')).toBe('a bc');
});
