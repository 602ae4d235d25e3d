// What travels of the answers between an account's writer and an edge.
import { expect, test } from 'vitest';
import { decodeAnswers, encodeAnswers } from '../../src/actors/distribution/commandBatch.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import { order } from '../market/fixture.ts';

test('the rows of the orders stay behind, but those of a repeated command, which say what its first attempt placed', () => {
  const placed = { ok: true, orders: [order({ orderId: 7, side: Side.BUY })], list: null, requestedOrderIds: [3] } as const;
  const [first, repeated] = decodeAnswers(encodeAnswers([placed, { ...placed, duplicate: true, closedOrderIds: [9] }]));
  expect(first).toEqual({ ...placed, orders: [] });
  expect(repeated).toMatchObject({ duplicate: true, closedOrderIds: [9], orders: [{ orderId: 7 }] });
});
