import { crc32 } from 'node:zlib';

type Values = Readonly<Record<string, string | number | null>>;

/** The row with its checksum; its texts as a database gives them back: without lone surrogates and NUL, which no UTF-8 text has. */
export function sealed<Row extends { readonly seal: number }>(row: Omit<Row, 'seal'>): Row {
  const values = Object.fromEntries(
    Object.entries(row as Values).map(([column, value]) => [column, typeof value === 'string' ? storable(value) : value]),
  );
  return { ...values, seal: checksum(values) } as unknown as Row;
}

/** Whether the row is as it was written. */
export function isSealed(row: object): boolean {
  const { seal, ...values } = row as Values;
  return seal === checksum(values);
}

export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function checksum(values: Values): number {
  const columns = Object.keys(values).sort();
  return crc32(JSON.stringify(columns.map((column) => [column, values[column]])));
}
