import { drivers } from '../../device-drivers/drivers.ts';
import { answerAsks } from './answer.ts';

/** A process, not a thread: a driver's native code that hangs or crashes while it looks for devices takes no stream with it. */
answerAsks(drivers);
