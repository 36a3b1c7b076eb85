/**
 * A table [rows][columns] of a smooth function that is dear to compute: taken at every `step`th row and column,
 * linear between. `value` writes its `layers` numbers for a row and a column into `out`.
 */
export function coarseTables(
  rows: number,
  columns: number,
  step: number,
  layers: number,
  value: (row: number, column: number, out: Float64Array) => void,
): Float32Array[] {
  const coarseColumns = Math.ceil((columns - 1) / step) + 1;
  const coarseRows = Math.ceil((rows - 1) / step) + 1;
  const coarse = new Float32Array(coarseRows * coarseColumns * layers);
  const out = new Float64Array(layers);
  for (let row = 0; row < coarseRows; row++) {
    for (let column = 0; column < coarseColumns; column++) {
      value(row * step, column * step, out);
      coarse.set(out, (row * coarseColumns + column) * layers);
    }
  }
  return Array.from({ length: layers }, (_, layer) => expand(coarse, coarseRows, coarseColumns, layers, layer, rows, columns, step));
}

function expand(
  coarse: Float32Array,
  coarseRows: number,
  coarseColumns: number,
  layers: number,
  layer: number,
  rows: number,
  columns: number,
  step: number,
): Float32Array {
  const table = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const above = Math.min(coarseRows - 2, Math.floor(row / step));
    const v = row / step - above;
    for (let column = 0; column < columns; column++) {
      const left = Math.min(coarseColumns - 2, Math.floor(column / step));
      const u = column / step - left;
      const at = (above * coarseColumns + left) * layers + layer;
      const below = at + coarseColumns * layers;
      const top = coarse[at]! * (1 - u) + coarse[at + layers]! * u;
      const bottom = coarse[below]! * (1 - u) + coarse[below + layers]! * u;
      table[row * columns + column] = top * (1 - v) + bottom * v;
    }
  }
  return table;
}
