// Admission control sheds what a machine that is busy with others cannot take in time; a benchmark waits instead.
export const ADMIT_EVERYTHING = { timeoutMs: 60_000, admission: { maxPending: 16_384, minPending: 16_384, targetMs: 60_000 } };
