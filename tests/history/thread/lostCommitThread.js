// The history's thread, as built, where lmdb-js rejects a promise of a commit that nobody was given.
await import('../../../dist/history/thread/historyThread.js');
const cause = Promise.reject(new Error('No space left on device'));
cause.catch(() => undefined);
void Promise.reject(Object.assign(new Error('Commit failed (see commitError for details)'), { commitError: cause }));
