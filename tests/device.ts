/** A device in hand, for tests that compute on one from their beginning to their end. */
import type { BackendChoice } from '../src/contract/backends';
import { devices, type Device } from '../src/main/engine/backends';

let release: () => void = () => undefined;
let held: Device | null = null;

/** Opens a backend and keeps the turn on it until another one is held, or it is let go. */
export const hold = (choice: BackendChoice = 'auto'): Promise<Device> => {
  letGo();
  return new Promise((resolve, reject) => {
    const keep = (device: Device): Promise<void> => {
      held = device;
      resolve(device);
      return new Promise((end) => (release = end));
    };
    devices.use(choice, keep).catch(reject);
  });
};

/** The device that is held. */
export const inHand = (): Device => held!;

export const letGo = (): void => {
  held = null;
  release();
};
