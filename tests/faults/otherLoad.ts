// Whether a measurement had the machine to itself: the processor time that others took meanwhile.
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** Of a core: above it the processors were others' too. */
const OTHERS_MAX = 0.3;
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that the machine has spent since it started, what the hypervisor took included. */
function machineSeconds(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/ +/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = ticks.map(Number);
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Cores that neither this process nor the one given took, from the call until the answer is asked for; Linux alone knows. */
export function watchOthers(pid: number): () => { readonly cores: number; readonly busy: boolean } {
  if (process.platform !== 'linux') {
    return () => ({ cores: loadavg()[0]!, busy: loadavg()[0]! > availableParallelism() * 3 });
  }
  const spent = (): number => machineSeconds() - processSeconds(pid) - processSeconds(process.pid);
  const begun = performance.now();
  const before = spent();
  return () => {
    const cores = ((spent() - before) * 1000) / (performance.now() - begun);
    return { cores, busy: cores > OTHERS_MAX };
  };
}
