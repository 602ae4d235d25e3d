// The one place where actors are made, and where failures are decided. nact's defaults stop an actor on a throw and let
// later messages vanish in silence; nobody spawns without going through here.
import nact, { type Ref } from 'nact';

export type ActorRef<M> = Ref<M>;
export type Parent = Ref<never>;

interface CrashContext {
  readonly path: { readonly parts: readonly string[] };
  readonly reset: symbol;
  readonly stop: symbol;
}
// nact's own types infer message types from handlers in a way strict code cannot name; this is the part of spawn used here.
const spawn = nact.spawn as unknown as <State, Message>(
  parent: unknown,
  handle: (state: State, message: Message) => State | Promise<State>,
  name: string,
  properties: {
    readonly initialStateFunc?: () => State;
    readonly onCrash: (message: Message | undefined, error: Error | undefined, context: CrashContext) => symbol | Promise<symbol>;
  },
) => ActorRef<Message>;

/** What follows a throw: 'reset' runs `initialState` again and goes on with the mailbox; 'stop' ends the actor. */
export type CrashDecision = 'reset' | 'stop';

export interface StageActor<State, Message> {
  readonly name: string;
  readonly initialState: () => State;
  /** Synchronous on the hot path: nact awaits what it returns, once per message, so messages are batches. */
  readonly handle: (state: State, message: Message) => State | Promise<State>;
  /** Decides after a throw; must not throw itself. Until it resolves the actor's mailbox waits. */
  readonly onCrash: (message: Message | undefined, error: Error) => CrashDecision | Promise<CrashDecision>;
}

export interface StageLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Root of the hierarchy: one actor system a process, and the end of every escalation. */
export class ActorRoot {
  readonly #system = nact.start();
  readonly #onFatal: (stage: string, error: Error) => void;
  readonly logger: StageLogger;
  #fatal = false;

  constructor(logger: StageLogger, onFatal: (stage: string, error: Error) => void) {
    this.logger = logger;
    this.#onFatal = onFatal;
  }

  /** A parent without behaviour: it groups its children and gets no messages, because nact copies the children per message. */
  group(name: string, parent?: Parent): Parent {
    const onCrash = (_message: unknown, error: Error | undefined, context: CrashContext): symbol => {
      this.fatal(name, error ?? new Error('escalated'));
      return context.stop;
    };
    return spawn<undefined, never>(parent ?? this.#system, (state) => state, name, { onCrash }) as Parent;
  }

  spawnStage<State, Message>(parent: Parent, actor: StageActor<State, Message>): ActorRef<Message> {
    return spawn<State, Message>(parent, (state, message) => actor.handle(state, message), actor.name, {
      initialStateFunc: () => actor.initialState(),
      onCrash: async (message, error, context) => {
        const reason = error ?? new Error('actor crashed without an error');
        this.logger.error({ actor: context.path.parts.join('/'), err: reason }, 'actor crashed');
        try {
          return (await actor.onCrash(message, reason)) === 'reset' ? context.reset : context.stop;
        } catch (failure) {
          this.fatal(actor.name, failure instanceof Error ? failure : new Error(String(failure)));
          return context.stop;
        }
      },
    });
  }

  /** Nothing below could go on: the process ends with a clear error, and recovery starts from the log. */
  fatal(stage: string, error: Error): void {
    if (this.#fatal) return;
    this.#fatal = true;
    this.logger.error({ stage, err: error }, 'stage failed for good, ending the process');
    this.#onFatal(stage, error);
  }

  /** The process was told to end. */
  get hasFailed(): boolean {
    return this.#fatal;
  }

  stop(): void {
    nact.stop(this.#system);
  }
}

export function send<M>(actor: ActorRef<M>, message: M): void {
  nact.dispatch(actor, message);
}

export function stopActor(actor: ActorRef<never> | Parent): void {
  nact.stop(actor as never);
}

/** Growing pauses between attempts, bounded. */
export function backOffMs(attempt: number): number {
  return Math.min(5_000, 50 * 2 ** Math.min(attempt, 10));
}
