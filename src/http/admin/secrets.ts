// /admin/v1/secrets: how the secrets of API keys are stored, and sealing them again under a new key. Shows no secret.
import type { FastifyInstance } from 'fastify';
import type { ExchangePort } from '../../ports/exchangePort.ts';
import { asked } from './adminErrors.ts';
import * as schemas from './schemas.ts';

const tags = ['admin'];
const security = [{ adminToken: [] }];
const response = schemas.answers(schemas.SECRETS);

export function secretRoutes(app: FastifyInstance, { admin }: ExchangePort): void {
  app.get(
    '/secrets',
    { config: { adminRight: 'read' }, schema: { tags, security, summary: "Which keys seal the API keys' secrets", response } },
    async () => admin.secrets(),
  );

  app.post(
    '/secrets/rotate',
    {
      config: { adminRight: 'govern' },
      schema: { tags, security, summary: 'Seal every secret with the first of the secrets keys, looking for new ones', response },
    },
    async () => asked(admin.rotateSecrets()),
  );
}
