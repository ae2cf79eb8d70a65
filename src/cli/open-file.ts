/**
 * Opens a file in the program that the user's system has for it. Where that fails nothing happens: its path is printed anyway.
 * @module
 */
import { spawn } from 'node:child_process';

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer.exe' };

export function openFile(file: string): void {
  const child = spawn(openers[process.platform] ?? 'xdg-open', [file], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
