/**
 * The weights as the page carries them, and how its script reads them again.
 * @module
 */

/** The JSON in the page. */
export interface PageData {
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  /** How many heads each layer has. */
  readonly heads: readonly number[];
  /** 256 colours, six hexadecimal digits each. */
  readonly colours: string;
  /** base64 of zlib of: the largest weight of each row as float32, little-endian; then a byte for each weight. Rows run by layer, head and query. */
  readonly weights: string;
}

/** Of the largest weight in the row; 255 is NaN. */
export const codeOfLargest = 254;
export const codeOfNaN = 255;

/** The weights of a query: how much of its largest one each byte is. */
export interface Row {
  readonly codes: Uint8Array;
  readonly largest: number;
}

export class HeadWeights {
  readonly #data: PageData;
  readonly #bytes: Uint8Array;
  /** The first head of each layer, among all heads. */
  readonly #starts: readonly number[];
  readonly #rows: number;

  constructor(data: PageData, bytes: Uint8Array) {
    this.#data = data;
    this.#bytes = bytes;
    let heads = 0;
    this.#starts = data.heads.map((count) => {
      heads += count;
      return heads - count;
    });
    this.#rows = heads * data.queries.length;
  }

  row(layer: number, head: number, query: number): Row {
    const { queries, keys } = this.#data;
    const row = ((this.#starts[layer] ?? 0) + head) * queries.length + query;
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    const start = 4 * this.#rows + row * keys.length;
    return { codes: this.#bytes.subarray(start, start + keys.length), largest: view.getFloat32(4 * row, true) };
  }
}

/** What `weights` holds. */
export async function inflated({ weights }: PageData): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
