// Turns a route's schemas into checks: compiled once, nothing converted or filled in, and each failure named as the one
// table names it. Query and path values are text on the wire; where the schema says integer or boolean, they must be the
// plain spelling of one and become it.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ApiError, type EdgeReason, EdgeReject } from '../errors.ts';

const ajv = new Ajv({
  allErrors: false,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  strict: true,
  allowUnionTypes: true,
});
/** Keys of OpenAPI that say nothing about validity. */
ajv.addVocabulary(['example', 'collectionFormat']);

/** Parameters with an error of their own; a wrong value of any other is INVALID_PARAM. */
const REASON_OF: Readonly<Record<string, EdgeReason>> = {
  side: EdgeReject.INVALID_SIDE,
  type: EdgeReject.INVALID_ORDER_TYPE,
  timeInForce: EdgeReject.INVALID_TIF,
  interval: EdgeReject.BAD_INTERVAL,
  symbol: EdgeReject.BAD_SYMBOL,
  restriction: EdgeReject.CANCEL_RESTRICTIONS,
  cancelRestriction: EdgeReject.CANCEL_RESTRICTIONS,
  priceType: EdgeReject.PEG_PRICE_TYPE,
  offsetType: EdgeReject.PEG_OFFSET_TYPE,
};

export function validationError(error: ErrorObject): ApiError {
  const path = error.instancePath.split('/').slice(1);
  const name = path.join('.');
  if (error.keyword === 'required') {
    return new ApiError(EdgeReject.MANDATORY, { name: [...path, error.params.missingProperty].join('.') });
  }
  if (error.keyword === 'additionalProperties') {
    const extra = String(error.params.additionalProperty).slice(0, 40);
    return new ApiError(EdgeReject.UNKNOWN_PARAM, { name: [...path, extra].join('.') });
  }
  if (error.keyword === 'minLength') return new ApiError(EdgeReject.EMPTY_PARAM, { name });
  if (error.keyword === 'pattern' && path.at(-1) !== 'symbol') {
    return new ApiError(EdgeReject.ILLEGAL_CHARS, { name, range: error.params.pattern as string });
  }
  const reason = REASON_OF[path.at(-1) ?? ''];
  if (reason !== undefined) return new ApiError(reason);
  return name === '' ? new ApiError(EdgeReject.INVALID_JSON) : new ApiError(EdgeReject.INVALID_PARAM, { name });
}

/** Compiling all schemas takes a good part of the start: it is done after the start, or by the first request that needs it. */
const notCompiled: (() => void)[] = [];

/** Compiles what no request has needed yet, a schema a turn. */
export function compileInTurns(): void {
  const compile = notCompiled.pop();
  if (compile === undefined) return;
  compile();
  setImmediate(compileInTurns);
}

function compiledLater(schema: object): (value: unknown) => ErrorObject | undefined {
  let validate: ValidateFunction | undefined;
  const compile = (): ValidateFunction => {
    validate ??= ajv.compile(schema);
    return validate;
  };
  notCompiled.push(compile);
  return (value) => {
    const compiled = validate ?? compile();
    return compiled(value) ? undefined : compiled.errors?.[0];
  };
}

type Validator = (data: unknown) => { value: unknown } | { error: Error };

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>;
}

/** As fastify's setValidatorCompiler takes it. */
export function validatorCompiler({ schema, httpPart }: { readonly schema: unknown; readonly httpPart?: string }): Validator {
  const validate = compiledLater(schema as object);
  const check: Validator = (value) => {
    const problem = validate(value);
    return problem === undefined ? { value } : { error: validationError(problem) };
  };
  if (httpPart !== 'querystring' && httpPart !== 'params') return check;
  const typed = Object.entries((schema as ObjectSchema).properties ?? {}).filter(
    ([, { type }]) => type === 'integer' || type === 'boolean',
  );
  return (data) => {
    const values = data as Record<string, unknown>;
    for (const [name, { type }] of typed) {
      const text = values[name];
      if (typeof text === 'string') values[name] = type === 'integer' ? integerOf(text) : booleanOf(text);
      // "a=1&a=2" arrives as a list.
      else if (Array.isArray(text)) return { error: new ApiError(EdgeReject.DUPLICATE_PARAM) };
    }
    for (const name in values) if (Array.isArray(values[name])) return { error: new ApiError(EdgeReject.DUPLICATE_PARAM) };
    return check(values);
  };
}

const INTEGER = /^(0|[1-9]\d{0,15})$/;

/** The number, or the text as it is for the schema to refuse. */
function integerOf(text: string): unknown {
  const value = Number(text);
  return INTEGER.test(text) && Number.isSafeInteger(value) ? value : text;
}

function booleanOf(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text;
}
