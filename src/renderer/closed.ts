/**
 * What no page of ours uses, and what browsers leave open beside the policy: Chromium knows no directive
 * for WebRTC. Removed before anything else runs. In Electron the network itself is closed as well (`main/studio/security.ts`);
 * in a browser, where a script could also go elsewhere by a link, this keeps what runs in the page from it by accident.
 */
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport'])
  Reflect.deleteProperty(globalThis, name);

export {};
