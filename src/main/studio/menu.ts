/** The menu: its items do what the window's own buttons do. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { basename } from 'node:path';
import type { Command } from '../../contract/studio';
import type { Recent } from './store';

export interface MenuActions {
  readonly command: (command: Command) => void;
  readonly newWindow: () => void;
  readonly open: (recent: Recent) => void;
  readonly clearRecent: () => void;
  readonly recent: readonly Recent[];
}

export function setMenu({ command, newWindow, open, clearRecent, recent }: MenuActions): void {
  const item = (label: string, name: Command, accelerator?: string): MenuItemConstructorOptions => ({
    id: name,
    label,
    accelerator,
    click: () => command(name),
  });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const mac = process.platform === 'darwin';
  const recently: MenuItemConstructorOptions[] = recent.map((each) => ({
    label: basename(each.path).replace(/&/g, '&&'),
    sublabel: each.path,
    click: () => open(each),
  }));
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New Window', accelerator: 'CmdOrCtrl+N', click: newWindow },
        line,
        item('Open Model…', 'open-model', 'CmdOrCtrl+O'),
        item('Open Model Folder…', 'open-folder', 'CmdOrCtrl+Shift+O'),
        item('Open Session…', 'open-session', 'CmdOrCtrl+Alt+O'),
        item('Open Data…', 'open-data', 'CmdOrCtrl+D'),
        {
          label: 'Open Recent',
          enabled: recent.length > 0,
          submenu: [...recently, line, { label: 'Clear', click: clearRecent }],
        },
        line,
        item('Save', 'save', 'CmdOrCtrl+S'),
        item('Save As…', 'save-as', 'CmdOrCtrl+Shift+S'),
        item('Export Report…', 'export-report', 'CmdOrCtrl+E'),
        line,
        item('Settings…', 'settings', 'CmdOrCtrl+,'),
        line,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&Run',
      submenu: [
        item('Run', 'run', 'CmdOrCtrl+Return'),
        item('Cancel', 'cancel', 'CmdOrCtrl+.'),
        line,
        item('Find…', 'find', 'CmdOrCtrl+F'),
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        line,
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('Keyboard', 'keys', 'CmdOrCtrl+/')] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
