/** The views' way to the program: the same client over Electron's bridge or, in a browser, over `mho serve`. */
import type { StudioBridge } from '../../contract/channels';
import type { StudioClient } from '../../contract/studio';
import { overBridge } from './bridge';

export { StudioError } from './fault';

declare global {
  interface Window {
    readonly mho?: StudioBridge;
  }
}

/** @throws StudioError when the program cannot be reached */
export const connect = async (): Promise<StudioClient> =>
  window.mho ? overBridge(window.mho) : (await import('./socket')).overSocket(window.location);
