/** What stands between the layers of every transformer: a sum, in place. */

/** x += y, both of one size. @param {Float32Array} x @param {Float32Array} y */
export function add(x, y) {
  for (let i = 0; i < x.length; i++) x[i] += y[i];
}
