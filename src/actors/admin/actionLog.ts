// The admin's tokens and the record of admin actions, over the admin log. Actions are read from the log itself: it grows without
// end, so this process keeps where they stand and not what they say.
import type { Bus } from '../../bus/bus.ts';
import { streams } from '../../bus/subjects.ts';
import { type AdminAction, AdminActionField, AdminOutcome, type AdminToken } from '../../domain/adminAccess.ts';
import { applyChanges, namesOf } from '../../domain/changedFields.ts';
import { ChangeKind, EntityType } from '../../domain/changeLogEntry.ts';
import type { ActionPage, AdminAccess, NewAdminAction, NewAdminToken } from '../../ports/adminAccess.ts';
import { entriesOf } from '../step.ts';
import type { AdminChange } from './adminBehaviour.ts';
import type { RegistryReader } from './registryReader.ts';

const actionNames = namesOf<AdminAction>(AdminActionField);
/** Outcomes are looked for so many messages behind the last action of a page: longer than any request takes. */
const LOOK_AHEAD = 2_000;

/** Positions in the admin log of every so many-th action: enough to begin reading near any of them. */
export class ActionPositions {
  static readonly EVERY = 64;
  /** [(id - 1) / EVERY]. */
  readonly #positions: number[] = [];

  note(actionId: number, position: number): void {
    if ((actionId - 1) % ActionPositions.EVERY === 0) this.#positions[(actionId - 1) / ActionPositions.EVERY] = position;
  }

  /** At or before the action's own. */
  near(actionId: number): number {
    const at = Math.floor((actionId - 1) / ActionPositions.EVERY);
    return this.#positions[Math.min(at, this.#positions.length - 1)] ?? 1;
  }
}

export interface ActionLogDeps {
  readonly bus: Bus;
  readonly registry: RegistryReader;
  /** Resolves when the change is in the log and the registry shows it. */
  readonly change: (change: AdminChange) => Promise<string | number>;
}

export class ActionLog implements AdminAccess {
  readonly #deps: ActionLogDeps;

  constructor(deps: ActionLogDeps) {
    this.#deps = deps;
  }

  token(tokenId: string): AdminToken | undefined {
    return this.#deps.registry.token(tokenId);
  }

  tokens(): readonly AdminToken[] {
    return this.#deps.registry.tokens();
  }

  async createToken(token: NewAdminToken): Promise<AdminToken> {
    await this.#deps.change({ kind: 'createToken', token });
    return this.token(token.tokenId) as AdminToken;
  }

  async revokeToken(tokenId: string): Promise<AdminToken> {
    await this.#deps.change({ kind: 'updateToken', tokenId, change: { revoked: true } });
    return this.token(tokenId) as AdminToken;
  }

  async record(action: NewAdminAction): Promise<number> {
    return (await this.#deps.change({ kind: 'recordAction', action })) as number;
  }

  async conclude(actionId: number, outcome: AdminOutcome, errorCode: number, result: string): Promise<void> {
    await this.#deps.change({ kind: 'concludeAction', actionId, change: { outcome, errorCode, result } });
  }

  async actions({ fromId, limit }: ActionPage): Promise<readonly AdminAction[]> {
    const { bus, registry } = this.#deps;
    const { lastSequence } = await bus.streamInfo(streams.admin);
    await registry.reached(lastSequence);
    const lastId = registry.lastActionId;
    const first = Math.max(1, fromId ?? lastId - limit + 1);
    const last = Math.min(lastId, first + limit - 1);
    if (first > last) return [];
    const found = new Map<number, AdminAction>();
    const reader = bus.read(streams.admin, { fromSequence: registry.actionPositions.near(first), name: 'audit' });
    try {
      let open = last - first + 1;
      let end = lastSequence;
      for (let position = 0; open > 0 && position < end; ) {
        const messages = await reader.next();
        if (messages.length === 0) break;
        for (const message of messages) {
          position = message.sequence;
          for (const { entityType, entityId, changeType } of entriesOf(message)) {
            const actionId = entityId as number;
            if (entityType !== EntityType.AdminAction || actionId < first || actionId > last) continue;
            if (changeType.kind === ChangeKind.Created) {
              const action = { ...changeType.fields };
              found.set(actionId, action);
              if (action.outcome !== AdminOutcome.STARTED) open--;
              if (actionId === last) end = Math.min(lastSequence, position + LOOK_AHEAD);
            } else if (changeType.kind === ChangeKind.Updated) {
              const action = found.get(actionId);
              if (action === undefined) continue;
              applyChanges(action, actionNames, changeType.changedFields);
              if (action.outcome !== AdminOutcome.STARTED) open--;
            }
          }
        }
      }
    } finally {
      reader.close();
    }
    return [...found.values()];
  }
}
