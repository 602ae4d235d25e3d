import { expect, test } from 'vitest';
import { RefusalError } from './refusalError.ts';

test('a refusal has a text and no trace; other errors keep theirs', () => {
  const refusal = new RefusalError('no');
  expect(refusal).toBeInstanceOf(Error);
  expect(refusal.message).toBe('no');
  expect(refusal.stack).not.toMatch(/\n\s+at /);
  expect(new Error('a fault').stack).toMatch(/\n\s+at /);
});
