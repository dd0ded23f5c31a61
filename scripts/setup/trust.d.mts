export function writableByOthers(path: string): string | null;
export function remember(folder: string, clone: string): void;
export function remembers(folder: string, clone: string): boolean;
export function whyNotTrusted(folder: string, clone: string): string | null;
