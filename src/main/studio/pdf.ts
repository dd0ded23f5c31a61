/** A picture as PDF, by Chromium's own printer: vectors stay vectors, letters stay letters, the typeface is inside. */
import { BrowserWindow, session, type Session } from 'electron';

interface Picture {
  readonly svg: string;
  /** Pixels, of which 96 are an inch. */
  readonly width: number;
  readonly height: number;
}

const SCHEME = 'mho-print';
/** Nothing runs and nothing is fetched: what the picture shows is inside it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/** A pixel less than the page: where both are rounded, what is a hair too high takes a second one. */
const pageOf = ({ svg, width, height }: Picture): string =>
  `<!doctype html><meta charset="utf-8"><style>@page{size:${width}px ${height}px;margin:0}body{margin:0}div{height:${height - 1}px;overflow:hidden}svg{display:block}</style><div>${svg}</div>`;

/** Prints one after the other, each on the page that stands here. */
let waiting: Promise<unknown> = Promise.resolve();
let shown = '';

/** A session in memory for pages that print: they ask for themselves and for nothing else. */
let kept: Session | null = null;
function printing(): Session {
  if (kept) return kept;
  kept = session.fromPartition('print');
  kept.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  kept.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !/^(data|mho-print):/.test(url) }));
  kept.protocol.handle(SCHEME, () => {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY };
    return new Response(shown, { headers });
  });
  return kept;
}

async function print(picture: Picture): Promise<Buffer> {
  shown = pageOf(picture);
  const browser = new BrowserWindow({
    show: false,
    webPreferences: {
      session: printing(),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
    },
  });
  try {
    await browser.loadURL(`${SCHEME}://picture/`);
    return await browser.webContents.printToPDF({
      preferCSSPageSize: true,
      printBackground: true,
      margins: { top: 0, bottom: 0, left: 0, right: 0 },
    });
  } finally {
    shown = '';
    browser.destroy();
  }
}

/** A page of exactly the picture's size. */
export function pdfOf(picture: Picture): Promise<Buffer> {
  const next = waiting.then(() => print(picture));
  waiting = next.catch(() => undefined);
  return next;
}
