/**
 * A table of blanks between columns, and nothing else.
 * @module
 */
import Table from 'cli-table3';

export type Align = 'left' | 'right';

export function columns(head: readonly string[], aligned: readonly Align[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: [...aligned],
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, '');
}
