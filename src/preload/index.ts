/** The bridge: one typed way in, one way out. It holds no logic; main checks what goes through. */
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { DROP_CHANNEL, JOB_CHANNEL, NOTICE_CHANNEL, REQUEST_CHANNEL, type StudioBridge } from '../contract/channels';

/** Only a file that the user dropped or picked has a path; one that a page made has none, and what is no file is not asked. */
const pathOf = (file: unknown): string =>
  !(file instanceof File)
    ? ''
    : // Before Electron 29 the path was a property of the file.
      webUtils
      ? webUtils.getPathForFile(file)
      : ((file as File & { path?: string }).path ?? '');

const bridge: StudioBridge = {
  request: (name, params) => ipcRenderer.invoke(REQUEST_CHANNEL, name, params),
  onNotice: (listener) => {
    const pass = (_event: IpcRendererEvent, notice: unknown): void => listener(notice);
    ipcRenderer.on(NOTICE_CHANNEL, pass);
    return () => ipcRenderer.removeListener(NOTICE_CHANNEL, pass);
  },
  filesFrom: (files) => ipcRenderer.invoke(DROP_CHANNEL, files.map(pathOf).filter(Boolean)),
};

contextBridge.exposeInMainWorld('mho', bridge);

// A port cannot cross the context bridge; a message to our own page can carry it.
ipcRenderer.on(JOB_CHANNEL, (event, job: string) => {
  window.postMessage({ channel: JOB_CHANNEL, job }, window.location.origin, event.ports);
});
