// /admin/v1: symbols, poisoned stages, reconciliation.
import type { FastifyInstance } from 'fastify';
import { InstrumentTextError, parseInstrument, printInstrument } from '../../config/instrumentText.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { SymbolStatus } from '../../domain/orderTerms.ts';
import type { AssetReconciliation, ExchangePort } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import { formatUnits } from '../units.ts';
import { asked } from './adminErrors.ts';
import * as schemas from './schemas.ts';

const tags = ['admin'];
const security = [{ adminToken: [] }];

/** Verbs in the path, and the status each leads to. */
const STATUS_OF = { halt: SymbolStatus.HALT, resume: SymbolStatus.TRADING, 'cancel-only': SymbolStatus.CANCEL_ONLY } as const;

export function venueRoutes(app: FastifyInstance, exchange: ExchangePort): void {
  const { admin, registry } = exchange;

  app.get(
    '/symbols',
    {
      config: { adminRight: 'read' },
      schema: { tags, security, summary: 'Every symbol', response: schemas.answers(schemas.list(schemas.INSTRUMENT)) },
    },
    async () => registry.instruments().map(printSymbol),
  );

  app.post<{ Body: unknown }>(
    '/symbols',
    {
      config: { adminRight: 'govern' },
      schema: { tags, security, summary: 'List a symbol', body: schemas.CREATE_SYMBOL, response: schemas.answers(schemas.INSTRUMENT) },
    },
    async (request) => {
      const instrument = instrumentOf(request.body);
      if (registry.instrument(instrument.symbol) !== undefined) {
        throw new ApiError(EdgeReject.EXISTS, { why: `symbol ${instrument.symbol} exists already` });
      }
      for (const [key, asset, scale] of [
        ['baseScale', instrument.baseAsset, instrument.baseScale],
        ['quoteScale', instrument.quoteAsset, instrument.quoteScale],
      ] as const) {
        const known = registry.assetScale(asset) ?? scale;
        if (known !== scale) throw new ApiError(EdgeReject.BAD_INSTRUMENT, { why: `${key}: ${asset} has ${known} elsewhere` });
      }
      request.adminResult = instrument.symbol;
      return printSymbol(await asked(admin.createInstrument(instrument)));
    },
  );

  for (const verb of ['halt', 'resume', 'cancel-only'] as const) {
    app.post<{ Params: { symbol: string }; Body: { reason?: string } | null | undefined }>(
      `/symbols/:symbol/${verb}`,
      {
        config: { adminRight: 'operate' },
        schema: {
          tags,
          security,
          summary: `Sets the symbol to ${verb}`,
          params: schemas.SYMBOL_PARAMS,
          response: schemas.answers(schemas.INSTRUMENT),
        },
      },
      async ({ params: { symbol }, body }) => {
        if (registry.instrument(symbol) === undefined) throw new ApiError(EdgeReject.NO_SUCH_SYMBOL);
        const reason = verb === 'resume' ? '' : reasonOf(body);
        return printSymbol(await asked(admin.setSymbolStatus(symbol, STATUS_OF[verb], reason)));
      },
    );
  }

  for (const how of ['retry', 'skip'] as const) {
    app.post<{ Params: { name: string } }>(
      `/poison/:name/${how}`,
      {
        config: { adminRight: 'operate' },
        schema: {
          tags,
          security,
          summary: how === 'retry' ? 'Run the input again that halted it' : 'Pass over the input that halted it; its command is refused',
          params: schemas.POISON_PARAMS,
          response: schemas.answers(schemas.DONE),
        },
      },
      async ({ params: { name } }) => {
        await asked(admin.resumePoisoned(name, how));
        return { done: true };
      },
    );
  }

  app.get(
    '/reconciliation',
    {
      config: { adminRight: 'read' },
      schema: {
        tags,
        security,
        summary: 'Money in equals money held, locked equals reserved, per asset',
        response: schemas.answers(schemas.RECONCILIATION),
      },
    },
    async () => {
      const assets = await admin.reconcile();
      return { ok: assets.every((asset) => asset.ok), assets: assets.map((asset) => reconciliationView(asset, exchange)) };
    },
  );
}

function printSymbol(instrument: Instrument): object {
  const text = printInstrument(instrument);
  return instrument.haltReason === '' ? text : { ...text, haltReason: instrument.haltReason };
}

function instrumentOf(body: unknown): Instrument {
  try {
    return parseInstrument(body);
  } catch (error) {
    if (error instanceof InstrumentTextError) throw new ApiError(EdgeReject.BAD_INSTRUMENT, { why: error.message });
    throw error;
  }
}

const REASON_LENGTH_MAX = 200;

/** The body may be absent: then no reason is given. */
function reasonOf(body: unknown): string {
  if (body === undefined || body === null) return '';
  const keys = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : ['body'];
  const extra = keys.find((key) => key !== 'reason');
  if (extra !== undefined) throw new ApiError(EdgeReject.UNKNOWN_PARAM, { name: extra.slice(0, 40) });
  const { reason = '' } = body as { readonly reason?: unknown };
  if (typeof reason !== 'string' || reason.length > REASON_LENGTH_MAX) throw new ApiError(EdgeReject.INVALID_PARAM, { name: 'reason' });
  return reason;
}

function reconciliationView(row: AssetReconciliation, exchange: ExchangePort): object {
  const scale = exchange.registry.assetScale(row.asset) ?? 0;
  return {
    asset: row.asset,
    ok: row.ok,
    free: formatUnits(row.freeUnits, scale),
    locked: formatUnits(row.lockedUnits, scale),
    fees: formatUnits(row.feesUnits, scale),
    deposited: formatUnits(row.depositedUnits, scale),
    withdrawn: formatUnits(row.withdrawnUnits, scale),
    reserved: formatUnits(row.reservedUnits, scale),
  };
}
