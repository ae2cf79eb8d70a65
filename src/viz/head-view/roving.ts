/**
 * One stop of the Tab key for many elements, among which arrows, Home and End move (WAI-ARIA, "roving tabindex").
 * @module
 */

/** @param chosen called when the focus comes to an element */
export function roving(elements: readonly HTMLElement[], chosen: (index: number) => void): void {
  for (const [index, element] of elements.entries()) {
    element.tabIndex = index === 0 ? 0 : -1;
    element.addEventListener('focus', () => {
      for (const other of elements) other.tabIndex = other === element ? 0 : -1;
      chosen(index);
    });
    element.addEventListener('click', () => element.focus());
    element.addEventListener('keydown', (event) => {
      const to = target(elements, index, event.key);
      if (to === undefined) return;
      event.preventDefault();
      elements[to]?.focus();
    });
  }
}

function target(elements: readonly HTMLElement[], from: number, key: string): number | undefined {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, from - 1);
    case 'ArrowRight':
      return Math.min(elements.length - 1, from + 1);
    case 'ArrowUp':
      return inNextLine(elements, from, -1);
    case 'ArrowDown':
      return inNextLine(elements, from, 1);
    case 'Home':
      return 0;
    case 'End':
      return elements.length - 1;
    default:
      return undefined;
  }
}

/** The nearest one of the line above or below. */
function inNextLine(elements: readonly HTMLElement[], from: number, step: 1 | -1): number {
  const places = elements.map((element) => element.getBoundingClientRect());
  const { top = 0, left = 0 } = places[from] ?? {};
  let best = from;
  let line: number | undefined;
  for (let i = from + step; i >= 0 && i < places.length; i += step) {
    const place = places[i];
    if (place === undefined || Math.abs(place.top - top) < 1) continue;
    line ??= place.top;
    if (Math.abs(place.top - line) >= 1) break;
    if (best === from || Math.abs(place.left - left) < Math.abs((places[best]?.left ?? 0) - left)) best = i;
  }
  return best;
}
