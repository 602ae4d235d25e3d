// Outcomes as HTTP: status, body, the headers of the rate limits.
import type { FastifyReply } from 'fastify';
import type { BinanceError } from '../binanceError.ts';
import type { BinanceEdge } from '../edge.ts';

const JSON_TYPE = 'application/json;charset=UTF-8';

/** cancelReplace tells both halves beside the code; other details are for the WS-API only. */
function errorBody(error: BinanceError): string {
  const { code, msg } = error;
  const tellsHalves = code === -2021 || code === -2022;
  return JSON.stringify(tellsHalves ? { code, msg, data: error.data } : { code, msg });
}

export function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(JSON.stringify(result));
}

export function sendError(reply: FastifyReply, error: BinanceError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
  return reply.code(error.httpStatus).header('content-type', JSON_TYPE).send(errorBody(error));
}

/** On every answer: the weight the address has used, under both names clients look for. */
export function weightHeaders(reply: FastifyReply, edge: BinanceEdge, ip: string): void {
  const used = String(edge.limits.addresses.usedWeight(ip, edge.exchange.clock.nowUs()));
  reply.header('x-mbx-used-weight', used).header(edge.limits.weightHeader, used);
}

/** On answers to placements: the account's unfilled orders. */
export function orderCountHeaders(reply: FastifyReply, edge: BinanceEdge, accountId: number): void {
  for (const [name, count] of edge.limits.orderHeaders(accountId, edge.exchange.clock.nowUs())) {
    reply.header(name, count);
  }
}
