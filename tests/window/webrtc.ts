/** Whether a page can send anything beside its own requests: listeners on loopback, and what a page tries on them. */
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';

export interface Listeners {
  readonly udp: number;
  readonly tcp: number;
  /** What came, as it came in. */
  readonly heard: readonly string[];
  close(): void;
}

/** Listens on loopback for datagrams and connections. */
export async function listen(): Promise<Listeners> {
  const heard: string[] = [];
  const udp = createSocket('udp4');
  udp.on('message', (bytes) => heard.push(`${bytes.length} bytes by UDP`));
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const tcp = createServer((socket) => {
    heard.push('a connection by TCP');
    socket.destroy();
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  return {
    udp: udp.address().port,
    tcp: (tcp.address() as AddressInfo).port,
    heard,
    close: () => {
      udp.close();
      tcp.close();
    },
  };
}

/**
 * Gathers addresses by STUN and TURN, from the page and, where asked, from an empty frame within it, which has constructors
 * of its own. Text, because the page has a browser's globals.
 * @returns (evaluated) what became of each try
 */
export const gathering = ({ udp, tcp }: Listeners, frames: boolean): string => `(async () => {
  const frame = document.body.appendChild(document.createElement('iframe'));
  const gather = async (world) => {
    if (!world || typeof world.RTCPeerConnection !== 'function') return 'no such thing';
    try {
      const peer = new world.RTCPeerConnection({ iceServers: [
        { urls: 'stun:127.0.0.1:${udp}' },
        { urls: ['turn:127.0.0.1:${udp}?transport=udp', 'turn:127.0.0.1:${tcp}?transport=tcp'], username: 'a', credential: 'b' },
      ] });
      const candidates = [];
      peer.onicecandidate = ({ candidate }) => candidate && candidates.push(candidate.candidate);
      peer.createDataChannel('x');
      await peer.setLocalDescription(await peer.createOffer());
      await new Promise((done) => {
        peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && done());
        setTimeout(done, 5000);
      });
      peer.close();
      return 'gathered ' + candidates.length;
    } catch (error) {
      return 'refused: ' + error.message;
    }
  };
  const said = [await gather(window), ${frames} ? await gather(frame.contentWindow) : ''];
  frame.remove();
  return said;
})()`;
