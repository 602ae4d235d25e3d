// How the process is, for load balancers and operators: the one route every process has, whatever its roles.
import type { EdgeApi } from '../server.ts';

/** 503 once a stage has failed. A halted symbol degrades the venue, it does not take it off. */
export const healthApi: EdgeApi = async ({ app, exchange }) => {
  const health = { type: 'object', additionalProperties: true, required: ['status'] } as const;
  app.get(
    '/api/spot/health',
    { schema: { tags: ['health'], summary: 'How the stages are', response: { 200: health, 503: health } } },
    async (_request, reply) => {
      const now = exchange.health();
      return reply.code(now.status === 'failed' ? 503 : 200).send(now);
    },
  );
};
