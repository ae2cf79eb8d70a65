/**
 * The script of the head view's page: choose a head and a query, see what the query attends to.
 * @module
 */
import { inkOn, palette, type Rgb } from './colours.js';
import { codeOfLargest, codeOfNaN, HeadWeights, inflated, type PageData, type Row } from './data.js';
import { roving } from './roving.js';

/** Pixels of a side of a head's small picture. */
const thumbnail = 26;
/** Keys that are told. */
const told = 5;

const data: PageData = JSON.parse(byId('data').textContent ?? '');
const colours = palette(data.colours);
const nothing: Row = { codes: new Uint8Array(0), largest: 0 };

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

function create<K extends keyof HTMLElementTagNameMap>(name: K, parent: HTMLElement, text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}

/** A token, kept from reordering what stands beside it. */
function tokenIn(parent: HTMLElement, token: string): void {
  create('bdi', parent, token);
}

function percent(share: number): string {
  if (Number.isNaN(share)) return 'NaN';
  return share > 0 && share < 0.001 ? '<0.1%' : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}

const weightIn = ({ codes, largest }: Row, key: number): number => {
  const code = codes[key] ?? 0;
  return code === codeOfNaN ? Number.NaN : (code / codeOfLargest) * largest;
};

function draw(canvas: HTMLCanvasElement, width: number, height: number, code: (x: number, y: number) => number): void {
  const context = canvas.getContext('2d');
  if (context === null || width * height === 0) return;
  canvas.width = width;
  canvas.height = height;
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [r, g, b] = colours[code(pixel % width, Math.floor(pixel / width))] ?? [0, 0, 0];
    image.data.set([r, g, b, 255], 4 * pixel);
  }
  context.putImageData(image, 0, 0);
}

/** A head in few pixels: each the largest of what it stands for. */
function drawSmall(canvas: HTMLCanvasElement, row: (query: number) => Row): void {
  const [height, width] = [Math.min(thumbnail, data.queries.length), Math.min(thumbnail, data.keys.length)];
  const codes = new Uint8Array(width * height);
  for (let query = 0; query < data.queries.length; query++) {
    const y = Math.floor((query * height) / data.queries.length);
    for (const [key, code] of row(query).codes.entries()) {
      const pixel = y * width + Math.floor((key * width) / data.keys.length);
      if (code !== codeOfNaN) codes[pixel] = Math.max(codes[pixel] ?? 0, code);
    }
  }
  draw(canvas, width, height, (x, y) => codes[y * width + x] ?? 0);
}

function start(weights: HeadWeights): void {
  let [layer, head, selected] = [0, 0, 0];

  const queries = data.queries.map((token, i) => {
    const item = create('li', byId('queries'));
    item.setAttribute('role', 'option');
    item.addEventListener('pointerenter', () => show(i));
    tokenIn(item, token);
    return item;
  });
  byId('queries').addEventListener('pointerleave', () => show(selected));

  const keys = data.keys.map((token) => {
    const item = create('li', byId('keys'));
    tokenIn(item, token);
    return { item, share: create('small', item) };
  });

  const heads = data.heads.flatMap((count, ofLayer) => {
    const line = create('div', byId('heads'));
    line.className = 'layer';
    create('span', line, String(ofLayer));
    return Array.from({ length: count }, (_, ofHead) => {
      const button = create('button', line);
      button.type = 'button';
      button.setAttribute('role', 'radio');
      button.setAttribute('aria-label', `Layer ${ofLayer}, head ${ofHead}`);
      button.title = `Layer ${ofLayer}, head ${ofHead}`;
      drawSmall(create('canvas', button), (query) => weights.row(ofLayer, ofHead, query));
      return { button, ofLayer, ofHead };
    });
  });

  const matrix = byId('matrix') as HTMLCanvasElement;
  matrix.addEventListener('pointermove', ({ offsetY }) => {
    show(Math.min(data.queries.length - 1, Math.max(0, Math.floor((offsetY / matrix.clientHeight) * data.queries.length))));
  });
  matrix.addEventListener('pointerleave', () => show(selected));

  roving(
    heads.map(({ button }) => button),
    (index) => {
      ({ ofLayer: layer = 0, ofHead: head = 0 } = heads[index] ?? { ofLayer: 0, ofHead: 0 });
      showHead();
    },
  );
  roving(queries, select);

  function showHead(): void {
    for (const { button, ofLayer, ofHead } of heads) button.setAttribute('aria-checked', String(ofLayer === layer && ofHead === head));
    byId('chosen').textContent = `Layer ${layer}, head ${head}`;
    matrix.setAttribute('aria-label', `Weights of layer ${layer}, head ${head}: a row for each query, a column for each key`);
    const rows = data.queries.map((_, query) => weights.row(layer, head, query));
    draw(matrix, data.keys.length, data.queries.length, (x, y) => rows[y]?.codes[x] ?? 0);
    show(selected);
    scrollToStrongest();
  }

  function select(query: number): void {
    selected = query;
    for (const [i, item] of queries.entries()) item.setAttribute('aria-selected', String(i === query));
    show(query);
    scrollToStrongest();
  }

  function scrollToStrongest(): void {
    const strongest = data.queries.length === 0 ? -1 : weights.row(layer, head, selected).codes.indexOf(codeOfLargest);
    const list = byId('keys');
    list.scrollTop = (keys[strongest]?.item.offsetTop ?? 0) - list.clientHeight / 2;
  }

  /** What a query attends to. */
  function show(query: number): void {
    for (const [i, item] of queries.entries()) item.classList.toggle('shown', i === query);
    const row = data.queries.length === 0 ? nothing : weights.row(layer, head, query);
    for (const [key, { item, share }] of keys.entries()) {
      const weight = weightIn(row, key);
      const shaded = (row.codes[key] ?? 0) > 0;
      const colour: Rgb = colours[row.codes[key] ?? 0] ?? [0, 0, 0];
      item.style.backgroundColor = shaded ? `rgb(${colour.join(' ')})` : '';
      item.style.color = shaded ? inkOn(colour) : '';
      share.textContent = weight >= 0.01 || Number.isNaN(weight) ? percent(weight) : '';
    }
    byId('told').textContent = sentence(query, row);
  }

  function sentence(query: number, row: Row): string {
    const order = Array.from(row.codes.keys()).filter((key) => weightIn(row, key) > 0);
    order.sort((a, b) => weightIn(row, b) - weightIn(row, a));
    const strongest = order.slice(0, told).map((key) => `“${data.keys[key]}” (${key}) ${percent(weightIn(row, key))}`);
    const who = `“${data.queries[query] ?? ''}” (${query})`;
    return strongest.length === 0 ? `${who} attends to nothing.` : `${who} attends to ${strongest.join(', ')}.`;
  }

  select(0);
  showHead();
  document.documentElement.dataset.ready = '';
}

inflated(data).then(
  (bytes) => start(new HeadWeights(data, bytes)),
  (error) => {
    byId('told').textContent = `The weights in this page could not be read: ${error}`;
  },
);
