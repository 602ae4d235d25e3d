// An order flow in the form of the neutral benchmark, made here: a book that fills up first, then new orders (one in seven IOC),
// cancels and modifies around a price that drifts. The book neither grows nor shrinks.
import { emptyWorkload, MessageType, type Workload } from '../flash1/workload.ts';
import { Random } from '../measure/random.ts';

const MID_TICKS = 60_000;
const DEEP_TICKS = 2_000;
const NEAR_TICKS = 12;
const YOUNG = 256;

/** `resting` orders are placed first and left alone; `count` messages follow, and a few hundred orders live at any time. */
export function mixedWorkload(resting: number, count: number): Workload {
  const workload = emptyWorkload(resting + count);
  const random = new Random();
  const young = new Float64Array(YOUNG);
  let mid = MID_TICKS;
  for (let i = 0; i < resting + count; i++) {
    const orderId = i + 1;
    const buys = random.below(2) === 0;
    workload.orderIds[i] = orderId;
    workload.sides[i] = buys ? 0 : 1;
    workload.quantities[i] = 1 + random.below(100);
    if (i < resting) {
      const away = NEAR_TICKS * 8 + random.below(DEEP_TICKS);
      workload.prices[i] = buys ? mid - away : mid + away;
      continue;
    }
    if (i % 1024 === 0) mid += random.below(3) - 1;
    const kind = random.below(20);
    const slot = random.below(YOUNG);
    workload.prices[i] = mid + (buys ? -1 : 1) * (random.below(NEAR_TICKS) - 1);
    if (young[slot] === 0) {
      workload.iocs[i] = kind < 3 ? 1 : 0;
      young[slot] = orderId;
    } else {
      const modifies = kind < 6;
      workload.types[i] = modifies ? MessageType.MODIFY : MessageType.CANCEL;
      workload.orderIds[i] = young[slot]!;
      if (!modifies) young[slot] = 0;
    }
  }
  return workload;
}
