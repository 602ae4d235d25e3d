// What a setting is, and the short ways to say one. Shapes follow JSON Schema, which checks the values.

export interface Setting {
  readonly type: 'string' | 'integer' | 'boolean' | 'array';
  readonly default: unknown;
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  /** A text that matches the pattern, for the message when another does not. */
  readonly example?: string;
  readonly items?: { readonly type: 'string'; readonly pattern?: string; readonly example?: string };
  readonly minItems?: number;
  /** Its value is never printed. */
  readonly isSecret?: true;
}
export interface Section {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, Setting | Section>>;
}

export const section = (properties: Section['properties']): Section => ({
  type: 'object',
  additionalProperties: false,
  properties,
});
export const text = (value: string, description: string, extra: Partial<Setting> = {}): Setting => ({
  type: 'string',
  default: value,
  description,
  ...extra,
});
export const flag = (value: boolean, description: string): Setting => ({ type: 'boolean', default: value, description });
export const whole = (value: number, description: string, minimum = 1, maximum = Number.MAX_SAFE_INTEGER): Setting => ({
  type: 'integer',
  default: value,
  description,
  minimum,
  maximum,
});
/** `item`: what each one looks like. From the environment items are separated by commas. */
export const list = (
  description: string,
  value: readonly string[] = [],
  item: { readonly pattern?: string; readonly example?: string } = {},
  minItems = 0,
): Setting => ({
  type: 'array',
  default: value,
  description,
  items: { type: 'string', ...item },
  minItems,
});
