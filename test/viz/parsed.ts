/** An SVG read by a strict XML parser, as the elements that it is made of. */
import { SaxesParser } from 'saxes';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of its own, without that of the elements in it. */
  text: string;
}

/** @throws {Error} where it is not well-formed */
export function parsed(svg: string): readonly Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser({ position: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    elements.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element) element.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(svg).close();
  return elements;
}

export const named = (elements: readonly Element[], name: string): readonly Element[] => elements.filter((it) => it.name === name);

/** What is written in the picture. */
export const written = (elements: readonly Element[]): readonly string[] => named(elements, 'text').map(({ text }) => text);
