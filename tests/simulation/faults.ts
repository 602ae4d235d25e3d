// What goes wrong, one step at a time.
import type { Random } from './random.ts';
import type { Fault } from './script.ts';
import { SimBus } from './simBus.ts';
import { cut, runningOf, type Seat, type World } from './world.ts';

export function doFault(world: World, fault: Fault, random: Random): void {
  const { scheduler, seats, disk } = world;
  const seat: Seat = random.pick(seats);
  const { machine, bus, process } = seat;
  const downUs = 20_000 + random.below(1_500_000);
  switch (fault) {
    case 'kill process':
      world.crashProcess(seat, downUs);
      return;
    case 'stop process':
      world.stopProcess(seat, downUs);
      return;
    case 'pause process':
      if (machine?.alive === true) machine.pausedUntilUs = scheduler.nowUs + random.below(2_000_000);
      return;
    case 'slow process':
      if (machine?.alive === true) machine.slowness = random.below(20);
      return;
    case 'cut connection':
      cut(bus);
      return;
    case 'hold connection':
      if (bus instanceof SimBus) bus.hold(random.below(1_500_000));
      return;
    case 'expire lease':
      if (bus instanceof SimBus) world.server?.expireLease(random.pick(world.logs()));
      else bus?.expireLease(random.pick(world.logs()));
      return;
    case 'power off':
      world.crashServer(false, downUs);
      return;
    case 'tear commit':
      world.crashServer(true, downUs);
      return;
    case 'commit fails':
    case 'sync fails':
    case 'disk full':
      disk.faults.push(fault);
      return;
    case 'clock jump':
      if (machine?.alive === true) machine.clockOffsetUs += random.between(-2_000_000, 5_000_000);
      return;
    case 'snapshot': {
      const running = runningOf(process);
      if (machine?.alive !== true || running.length === 0) return;
      const partition = random.pick(running);
      machine.post(() => void partition.snapshot().catch(() => undefined));
    }
  }
}
