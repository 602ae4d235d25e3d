import { expect, test } from 'vitest';
import { workOf } from './child.ts';
import { InputQueue, type QueueItem } from './inputQueue.ts';

const message: QueueItem<number> = { kind: 'message', stream: 'markets-0', sequence: 1, entries: [] };
const command: QueueItem<number> = { kind: 'input', key: 1, ...workOf(1) };
const between: QueueItem<number> = { kind: 'between', action: () => undefined };

test('what came from a log presses nobody; commands and questions do until they are taken', () => {
  const queue = new InputQueue<number>(10);
  queue.push(message);
  expect(queue.pressing).toBe(false);
  queue.push(command);
  queue.push(between);
  queue.push(message);
  expect(queue.pressing).toBe(true);
  queue.take(2, () => true);
  expect(queue.pressing).toBe(true);
  expect(queue.take(2, (item) => item.kind !== 'between')).toBe(0);
  expect(queue.pressing).toBe(true);
  queue.take(1, () => true);
  expect([queue.length, queue.pressing]).toEqual([1, false]);
});

test('what is abandoned presses nobody', () => {
  const queue = new InputQueue<number>(10);
  queue.push(command);
  queue.abandon();
  expect(queue.pressing).toBe(false);
});
