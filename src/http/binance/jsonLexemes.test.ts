import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachMember, itemsOf, JsonSyntaxError, plainText, rawText, scanJson, scanObject } from './jsonLexemes.ts';

function membersOf(text: string): Record<string, string> {
  const members: Record<string, string> = {};
  forEachMember(text, scanJson(text), (name, value) => {
    members[name] = plainText(text, value);
  });
  return members;
}

function accepts(text: string): boolean {
  try {
    scanJson(text);
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('json lexemes', () => {
  it('keeps numbers as they were written', () => {
    expect(membersOf('{ "a": 1e-05, "b":0.10,"c":9007199254740993 , "d":-0,"e":1E+2}')).toEqual({
      a: '1e-05',
      b: '0.10',
      c: '9007199254740993',
      d: '-0',
      e: '1E+2',
    });
  });

  it('decodes strings and keeps the rest', () => {
    const text = '{"s":"a\\"b\\u00e9\\n","t":true,"f":false,"n":null,"l":["A", "B"],"o":{"x":[1]}}';
    expect(membersOf(text)).toEqual({
      s: 'a"bé\n',
      t: 'true',
      f: 'false',
      n: 'null',
      l: '["A", "B"]',
      o: '{"x":[1]}',
    });
  });

  it('reports repeated names', () => {
    const names: string[] = [];
    const text = '{"a":1,"a":2}';
    forEachMember(text, scanJson(text), (name) => names.push(name));
    expect(names).toEqual(['a', 'a']);
  });

  it('reads an object in one pass, and tells other values from broken ones', () => {
    const read: [string, string][] = [];
    const text = ' {"a": {"b": 1}, "c": "d"} ';
    expect(scanObject(text, (name, value) => read.push([name, plainText(text, value)]))).toBe(true);
    expect(read).toEqual([
      ['a', '{"b": 1}'],
      ['c', 'd'],
    ]);
    expect(scanObject('[1]', () => undefined)).toBe(false);
    for (const broken of ['{"a":1} x', '{"a":1', '[1', '']) {
      expect(() => scanObject(broken, () => undefined)).toThrow(JsonSyntaxError);
    }
  });

  it('lists array items', () => {
    const text = ' [ "x" , 2, [3] ] ';
    expect(itemsOf(text, scanJson(text)).map((item) => [item.kind, rawText(text, item)])).toEqual([
      ['string', '"x"'],
      ['number', '2'],
      ['array', '[3]'],
    ]);
  });

  it.each([
    ['', 0],
    ['{', 1],
    ['{"a"', 4],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['"a', 2],
    ['"a\nb"', 2],
    ['"\\x"', 2],
    ['"\\u12g4"', 5],
    ['tru', 3],
    ['01', 1],
    ['1.', 1],
    ['{} x', 3],
    ["{'a':1}", 1],
    ['NaN', 0],
  ])('refuses %j at %i', (text, offset) => {
    expect(() => scanJson(text)).toThrow(new JsonSyntaxError(offset));
    expect(parses(text)).toBe(false);
  });

  it('refuses nesting that could exhaust the stack', () => {
    expect(accepts('['.repeat(100_000) + ']'.repeat(100_000))).toBe(false);
    expect(accepts('['.repeat(30) + ']'.repeat(30))).toBe(true);
  });

  it('accepts what JSON.parse accepts, and reads the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 })), fc.nat(3), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        const read: Record<string, unknown> = Object.create(null);
        forEachMember(text, scanJson(text), (name, value) => {
          read[name] = JSON.parse(rawText(text, value));
        });
        expect({ ...read }).toEqual({ ...(JSON.parse(text) as object) });
      }),
    );
  });

  it('agrees with JSON.parse on damaged texts, and never throws anything but a syntax error', () => {
    const damaged = fc
      .tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }))
      .map(([value, at, cut, insert]) => {
        const text = JSON.stringify(value);
        const offset = at % (text.length + 1);
        return text.slice(0, offset) + insert + text.slice(offset + cut);
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string(), fc.json()), (text) => {
        expect(accepts(text)).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });
});
