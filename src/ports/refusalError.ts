// A "no" on its way to the client who gets it: thrown to leave a call, caught at the edge, never logged.
//
// Nobody reads where it was thrown, and finding that out costs more than all the rest of a refusal: eight times as much, when
// what refuses is a door under overload, whose time is that of the orders it let in.

export class RefusalError extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
